import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, test } from 'node:test'

function fuzz(...args: readonly string[]) {
  // Under a hardfork without blobs, whose proofs take seconds to load.
  const command = [join(import.meta.dirname, 'run.ts'), '--kind', 'bytecode', '--fork', 'london', '--workers', '1']
  const { status, stdout, stderr } = spawnSync(process.execPath, [...command, ...args], { encoding: 'utf8' })
  return { status, stdout, stderr }
}

describe('npm run fuzz', () => {
  test('makes as many comparisons as asked for, and says how many and from which seed', () => {
    const { status, stdout, stderr } = fuzz('--seed', '5', '--count', '100')
    assert.equal(status, 0, stderr)
    const [, total = ''] = /^(\d+) comparisons \(bytecode \d+.*\), seed 5, differences 0, /m.exec(stdout) ?? []
    assert.ok(Number(total) >= 100, stdout)
  })

  test('runs one case again, with its trace', () => {
    const { status, stdout } = fuzz('--seed', '5', '--case', '7', '--trace')
    assert.equal(status, 0)
    assert.match(stdout, /^ours ended: .*\ntheirs ended: /m)
    assert.match(stdout, /^case 7 \(bytecode, london\): \d+ comparisons, differences 0$/m)
  })

  test('refuses what is no number', () => {
    const { status, stderr } = fuzz('--count', 'many')
    assert.equal(status, 1)
    assert.match(stderr, /--count.*'many' is invalid.*whole number/)
  })
})

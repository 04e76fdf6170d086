import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'

function bench(...args: string[]): {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
} {
  return spawnSync(process.execPath, [join(import.meta.dirname, 'run.ts'), ...args], { encoding: 'utf8' })
}

test('a name that is no benchmark is refused, and the names that there are are told', () => {
  const { status, stdout, stderr } = bench('recording', 'nonsense')
  assert.equal(status, 1)
  assert.equal(stdout, '')
  assert.match(stderr, /'nonsense' is invalid.*There are: recording, .*, all\./)
})

test('rounds are a number above 0', () => {
  const { status, stderr } = bench('recording', '--rounds', '0')
  assert.equal(status, 1)
  assert.match(stderr, /whole number above 0/)
})

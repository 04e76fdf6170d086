import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { growth } from './soak/memory.ts'

const SCRIPT = join(import.meta.dirname, 'soak', 'run.ts')

function soak(...flags: string[]) {
  return spawnSync(process.execPath, [SCRIPT, ...flags], { encoding: 'utf8', timeout: 120_000 })
}

const sample = { minute: 0, resident: 200, mapped: 70, heap: 50, external: 20 }

test('memory is compared with what a warm node has', () => {
  assert.deepEqual(growth(sample, sample), { resident: 1, heap: 1 })
  const leaky = { minute: 30, resident: 220, mapped: 900, heap: 130, external: 10 }
  assert.deepEqual(growth(sample, leaky), { resident: 1.1, heap: 2.6 })
})

test('a short soak: everything is done to the node, its memory looked at, and what is too much is a failure', {
  timeout: 150_000,
}, (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'pavm-soak-test-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const file = join(directory, 'soak.json')
  // Caches are still being filled: how much that is says nothing here.
  const { status, stdout, stderr } = soak('--minutes', '0.25', '--share', '1', '--factor', '20', '--json', file)
  assert.equal(status, 0, `${stdout}${stderr}`)
  const { samples, growth: grown } = JSON.parse(readFileSync(file, 'utf8'))
  assert.ok(samples.length >= 3)
  for (const { resident, heap, external } of samples) {
    assert.ok(resident > heap && heap > 1e6 && external > 0)
  }
  assert.deepEqual(Object.keys(grown), ['resident', 'heap'])
  for (const step of ['send', 'poll', 'subscribe', 'cancelTrace', 'revert'])
    assert.match(stdout, new RegExp(`\\b${step} \\d`))
  const leaky = soak('--minutes', '0.02', '--factor', '0.01')
  assert.equal(leaky.status, 1, `${leaky.stdout}${leaky.stderr}`)
})

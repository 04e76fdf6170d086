import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measureCrypto } from './crypto.ts'
import { formatReport } from './report.ts'

test('the benchmark of hashes and signatures runs', async () => {
  const report = await measureCrypto({ digests: 20, warmUps: 1, rounds: 2 })
  // Three comparisons of each of four lengths, and one of recovery.
  assert.equal(report.rows.length, 4 * 3 + 1)
  for (const [, , ours, other] of report.rows) assert.ok(Number(ours) > 0 && Number(other) > 0)
  assert.match(formatReport(report), /hash-wasm/)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measureTrie } from './trie.ts'

test('the benchmark of state roots runs, and all ways give the same roots', async () => {
  const report = await measureTrie({ transactions: 20, sizes: [50], pools: [1, 2], warmUps: 1, rounds: 2 })
  // Three kinds of changes, each in five ways.
  assert.equal(report.rows.length, 3 * 5)
  for (const [, , , ms] of report.rows) assert.ok(Number(ms) > 0)
})

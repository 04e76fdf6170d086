import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measureThreads } from './threads.ts'

test('the benchmark of threads runs', async () => {
  const sizes = { MatrixMul: [4], MatrixAdd: [4], Substring: [5], Histogram: [9], WordCount: [10, 50] }
  const { columns, rows } = await measureThreads({ sizes, rounds: 1, warmUpMs: 0, turnMs: 0 })
  assert.equal(rows.length, 6)
  for (const row of rows) {
    assert.equal(row.length, columns.length)
    for (const ms of row.slice(5)) assert.ok(Number.isFinite(Number(ms)))
  }
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makespan, predictVerdict } from './makespan.ts'

test('tasks go to the worker that is free first', () => {
  assert.equal(makespan([5, 4, 3, 3, 3], 1), 18)
  assert.equal(makespan([5, 4, 3, 3, 3], 2), 10)
  assert.equal(makespan([5, 4], 8), 5)
  assert.equal(makespan([], 2), 0)
})

test('a verdict takes what is before and after the replay, and the longest of what is in it', () => {
  const transactions = Array.from({ length: 8 }, (_, group) => ({ gasUsed: 1_000_000n, reads: [], group }))
  const costs = {
    plan: { transactions } as never,
    transactions: transactions.map(() => 100),
    system: 0,
    bundle: 0,
    handOver: 10,
    around: 5,
    root: 0,
  }
  const predict = (workers: number, changes = {}) =>
    predictVerdict({ ...costs, ...changes }, { strategy: 'groups', workers, processors: workers })
  assert.equal(predict(1), 815)
  assert.equal(predict(8), 115)
  assert.equal(predict(8, { root: 500 }), 505)
  // One processor for the main thread and the worker.
  assert.equal(predict(1, { root: 500 }), 1_315)
})

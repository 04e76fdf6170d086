import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Random, seedFromEnvironment } from '../../test/support/random.ts'
import { groupTransactions, type TransactionSets } from './grouping.ts'

const reads = (...locations: number[]): TransactionSets => ({ reads: locations, writes: [] })
const writes = (...locations: number[]): TransactionSets => ({ reads: [], writes: locations })

test('readers of the same thing do not conflict', () => {
  assert.deepEqual(groupTransactions([reads(0, 1), reads(0), reads(1)], 2), [0, 1, 2])
})

test('a writer joins all who read or write, before it and after it', () => {
  assert.deepEqual(groupTransactions([reads(0), reads(1), writes(0), reads(0), writes(0)], 2), [0, 1, 0, 0, 0])
})

test('groups are numbered by their first transaction', () => {
  assert.deepEqual(groupTransactions([writes(0), writes(1), writes(2), writes(1), writes(0, 2)], 3), [0, 1, 0, 1, 0])
})

test('conflicts reach across others', () => {
  const chain = Array.from({ length: 1_000 }, (_, index) => ({ reads: [index], writes: [index + 1] }))
  assert.deepEqual(new Set(groupTransactions(chain, 1_001)), new Set([0]))
  assert.deepEqual(new Set(groupTransactions(chain.toReversed(), 1_001)), new Set([0]))
})

test('no transactions make no groups', () => {
  assert.deepEqual(groupTransactions([], 0), [])
})

test('groups are the components of the conflict graph', () => {
  const seed = seedFromEnvironment()
  const random = new Random(seed)
  for (let round = 0; round < 300; round++) {
    const locations = 1 + random.below(40)
    const some = (most: number) => Array.from({ length: random.below(most) }, () => random.below(locations))
    const sets = Array.from({ length: random.below(25) }, () => ({ reads: some(5), writes: some(3) }))
    assert.deepEqual(groupTransactions(sets, locations), componentsOf(sets), `seed ${seed}, round ${round}`)
  }
})

/** By looking at every pair. */
function componentsOf(sets: readonly TransactionSets[]): number[] {
  const group = sets.map((_, index) => index)
  for (const [a, first] of sets.entries()) {
    for (const [b, second] of sets.entries()) {
      const touches = ({ writes }: TransactionSets, other: TransactionSets) =>
        writes.some((location) => other.reads.includes(location) || other.writes.includes(location))
      if (!touches(first, second) && !touches(second, first)) continue
      const from = Math.max(group[a]!, group[b]!)
      const to = Math.min(group[a]!, group[b]!)
      for (const [index, each] of group.entries()) if (each === from) group[index] = to
    }
  }
  const firsts = [...new Set(group)]
  return group.map((each) => firsts.indexOf(each))
}

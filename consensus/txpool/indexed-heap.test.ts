import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Random, seedFromEnvironment } from '../../test/support/random.ts'
import { IndexedHeap } from './indexed-heap.ts'

test('gives the least of what is in it, through changes and removals', (context) => {
  const seed = seedFromEnvironment()
  context.diagnostic(`seed ${seed}`)
  const random = new Random(seed)
  const heap = new IndexedHeap<{ rank: number }>((a, b) => a.rank < b.rank)
  const items = Array.from({ length: 60 }, () => ({ rank: 0 }))
  const inside = new Set<{ rank: number }>()
  for (let step = 0; step < 5_000; step++) {
    const item = random.pick(items)
    if (random.chance(0.7)) {
      item.rank = random.below(100)
      heap.place(item)
      inside.add(item)
    } else {
      heap.remove(item)
      inside.delete(item)
    }
    assert.equal(heap.size, inside.size)
    assert.equal(heap.has(item), inside.has(item))
    const least = Math.min(...[...inside].map(({ rank }) => rank))
    assert.equal(heap.first()?.rank ?? Number.POSITIVE_INFINITY, least, `seed ${seed}, step ${step}`)
  }
  const drained: number[] = []
  for (let item = heap.shift(); item !== undefined; item = heap.shift()) drained.push(item.rank)
  assert.deepEqual(
    drained,
    [...inside].map(({ rank }) => rank).sort((a, b) => a - b),
  )
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import type { Address } from '../primitives/hex.ts'
import { Random, seedFromEnvironment } from '../test/support/random.ts'
import { Batch } from './batch.ts'
import { accountKey, slotKey } from './keys.ts'
import { StateCache } from './state-cache.ts'

const ADDRESS: Address = `0x${'ab'.repeat(20)}`
const KEY = slotKey(ADDRESS, 7n)
const VALUE = Uint8Array.of(1, 2, 3)

const smallCache = () => new StateCache(new SharedArrayBuffer(128 + 8 * 128))

function write(cache: StateCache, ...changes: readonly (readonly [Uint8Array, Uint8Array | undefined])[]): void {
  const batch = new Batch()
  for (const [key, value] of changes) {
    if (value === undefined) batch.delete(key)
    else batch.put(key, value)
  }
  cache.begin()
  cache.change(batch.operations)
  cache.end()
}

test('remembers values and that there is none', () => {
  const cache = new StateCache()
  const generation = cache.generation()!
  assert.equal(cache.get(KEY, generation), undefined)
  cache.add(KEY, VALUE, generation)
  assert.deepEqual(cache.get(KEY, generation), { value: VALUE })
  cache.add(KEY, undefined, generation)
  assert.deepEqual(cache.get(KEY, generation), { value: undefined })
  assert.equal(cache.get(accountKey(ADDRESS), generation), undefined, 'another key')
})

test('knows what a batch wrote, and nothing of the state before it', () => {
  const cache = new StateCache()
  const before = cache.generation()!
  cache.add(KEY, VALUE, before)
  write(cache, [KEY, Uint8Array.of(9)], [accountKey(ADDRESS), undefined])
  const after = cache.generation()!
  assert.notEqual(after, before)
  assert.deepEqual(cache.get(KEY, after), { value: Uint8Array.of(9) })
  assert.deepEqual(cache.get(accountKey(ADDRESS), after), { value: undefined })
  assert.equal(cache.get(KEY, before), undefined)
  cache.add(KEY, VALUE, before)
  assert.deepEqual(cache.get(KEY, after), { value: Uint8Array.of(9) }, 'too late')
})

test('what a batch did not touch is known after it', () => {
  const cache = new StateCache()
  cache.add(KEY, VALUE, cache.generation()!)
  write(cache, [accountKey(ADDRESS), VALUE])
  assert.deepEqual(cache.get(KEY, cache.generation()!), { value: VALUE })
})

test('nothing is known while a batch is written, nor after one that failed', () => {
  const cache = new StateCache()
  const before = cache.generation()!
  cache.add(KEY, VALUE, before)
  cache.begin()
  assert.equal(cache.generation(), undefined)
  assert.equal(cache.get(KEY, before), undefined)
  cache.begin()
  cache.end()
  assert.equal(cache.generation(), undefined, 'another one is still being written')
  cache.end()
  assert.notEqual(cache.generation(), undefined)
})

test('a value too long for its place takes the one before with it', () => {
  const cache = new StateCache()
  const key = accountKey(ADDRESS)
  cache.add(key, VALUE, cache.generation()!)
  write(cache, [key, new Uint8Array(100)])
  assert.equal(cache.get(key, cache.generation()!), undefined)
})

test('is never wrong, however many keys share a place', () => {
  const seed = seedFromEnvironment()
  const random = new Random(seed)
  const cache = smallCache()
  const keys = Array.from({ length: 40 }, (_, index) => slotKey(ADDRESS, BigInt(index)))
  const state = new Map<Uint8Array, Uint8Array | undefined>()
  let found = 0
  for (let round = 0; round < 20_000; round++) {
    const key = random.pick(keys)
    if (random.below(4) === 0) {
      const value = random.below(3) === 0 ? undefined : Uint8Array.of(random.below(256))
      state.set(key, value)
      write(cache, [key, value])
      continue
    }
    const generation = cache.generation()!
    const known = cache.get(key, generation)
    if (known === undefined) cache.add(key, state.get(key), generation)
    else {
      found++
      assert.deepEqual(known.value, state.get(key), `seed ${seed}, round ${round}`)
    }
  }
  assert.ok(found > 1_000)
})

test('threads that add and read while another one writes see whole values of their generation', async () => {
  const cache = smallCache()
  const keys = Array.from({ length: 12 }, (_, index) => slotKey(ADDRESS, BigInt(index)))
  const workers = [0, 1].map(
    () =>
      new Worker(new URL('./fixtures/cache-worker.ts', import.meta.url), {
        workerData: { memory: cache.memory, keys },
      }),
  )
  await Promise.all(workers.map((worker) => once(worker, 'message')))
  // Generation 2n is the state in which every value is the byte n % 256, 32 times.
  const end = Date.now() + 1_000
  while (Date.now() < end) {
    for (let turn = 0; turn < 200; turn++) {
      const next = (cache.generation()! / 2 + 1) & 0xff
      cache.begin()
      cache.change(keys.map((key) => ({ type: 'put', key, value: new Uint8Array(32).fill(next) })))
      cache.end()
    }
    await new Promise(setImmediate)
  }
  const results = workers.map((worker) => once(worker, 'message'))
  for (const worker of workers) worker.postMessage('done')
  for (const [{ found, wrong }] of (await Promise.all(results)) as [{ found: number; wrong: number }][]) {
    assert.equal(wrong, 0)
    assert.ok(found > 0, 'nothing was found')
  }
})

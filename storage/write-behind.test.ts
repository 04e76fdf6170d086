import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Random, seedFromEnvironment } from '../test/support/random.ts'
import type { BatchOperation } from './batch.ts'
import { WriteBehind } from './write-behind.ts'

const put = (key: number, value: number): BatchOperation => ({
  type: 'put',
  key: Uint8Array.of(key),
  value: Uint8Array.of(value),
})
const del = (key: number): BatchOperation => ({ type: 'del', key: Uint8Array.of(key) })

/** What was written, and one write at a time that waits for `open`. */
class Disk {
  readonly values = new Map<number, number>()
  readonly batches: number[] = []
  failure: Error | undefined
  #gate: Promise<void> = Promise.resolve()

  readonly write = async (operations: readonly BatchOperation[]): Promise<void> => {
    await this.#gate
    if (this.failure !== undefined) throw this.failure
    this.batches.push(operations.length)
    for (const operation of operations) {
      if (operation.type === 'put') this.values.set(operation.key[0]!, operation.value[0]!)
      else this.values.delete(operation.key[0]!)
    }
  }

  shut(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#gate = promise
    return resolve
  }
}

/** The value by what waits, or on the disk. */
function read(waiting: WriteBehind['waiting'], disk: Disk, key: number): number | undefined {
  const operation = waiting.find(Uint8Array.of(key))
  if (operation === undefined) return disk.values.get(key)
  return operation.type === 'put' ? operation.value[0] : undefined
}

test('batches are written after their time as one, of each key what came last', async () => {
  const disk = new Disk()
  const behind = new WriteBehind({ waitMs: 20 }, disk)
  await behind.add([put(1, 1), put(2, 1), put(1, 2)], 6)
  await behind.add([put(3, 3), del(2)], 3)
  assert.deepEqual(disk.batches, [])
  assert.deepEqual(
    [1, 2, 3].map((key) => read(behind.waiting, disk, key)),
    [2, undefined, 3],
  )
  for (const deadline = Date.now() + 10_000; disk.batches.length === 0 && Date.now() < deadline; ) await sleep(5)
  assert.deepEqual(disk.batches, [3])
  assert.deepEqual([...disk.values].sort(), [
    [1, 2],
    [3, 3],
  ])
  assert.equal(behind.flushed(), undefined)
})

test('many batches do not wait for their time', async () => {
  const disk = new Disk()
  const behind = new WriteBehind({ waitMs: 60_000 }, disk)
  for (let key = 0; key < 64; key++) await behind.add([put(key, key)], 2)
  await sleep(0)
  assert.deepEqual(disk.batches, [64])
})

test('batches are written once no more come, or have come for a while', async () => {
  const disk = new Disk()
  const behind = new WriteBehind({ waitMs: 200 }, disk)
  const startedMs = performance.now()
  let added = 0
  for (; disk.batches.length === 0 && added < 200; added++) {
    await behind.add([put(added, added)], 2)
    await sleep(20)
  }
  const writtenMs = performance.now() - startedMs
  assert.ok(writtenMs > 700, `the first were written after ${writtenMs} ms, though more came`)
  assert.ok(disk.batches[0]! >= 5, `only ${disk.batches[0]} batches were written as one`)
  await behind.flushed()
  assert.equal(disk.values.size, added)
})

test('who adds to what is too much waits until some of it is written', async () => {
  const disk = new Disk()
  const behind = new WriteBehind({ waitMs: 60_000 }, disk)
  await behind.add([put(1, 1)], 16 << 20)
  const open = disk.shut()
  let isAdded = false
  const adding = behind.add([put(2, 2)], 2).then(() => {
    isAdded = true
  })
  await sleep(20)
  assert.equal(isAdded, false)
  open()
  await adding
  assert.deepEqual(disk.batches, [2])
})

test('a failure is told to who waits, and what waited is read as before', async () => {
  const disk = new Disk()
  disk.failure = new Error('no room')
  const behind = new WriteBehind({ waitMs: 1 }, disk)
  await behind.add([put(1, 1)], 2)
  await assert.rejects(behind.flushed() as Promise<void>, /no room/)
  assert.equal(read(behind.waiting, disk, 1), 1)
  disk.failure = undefined
  await behind.flushed()
  assert.equal(disk.values.get(1), 1)
})

test('whatever is written when, each moment is read as it was, and the disk is as some moment was', async () => {
  const random = new Random(seedFromEnvironment())
  const disk = new Disk()
  const behind = new WriteBehind({ waitMs: 1 }, disk)
  const model = new Map<number, number>()
  /** After each batch, and before the first. */
  const history = [JSON.stringify([])]
  const textOf = (values: Map<number, number>) => JSON.stringify([...values].sort(([a], [b]) => a - b))
  for (let step = 0; step < 1_000; step++) {
    if (random.below(4) === 0) await sleep(random.below(3))
    if (random.below(20) === 0) {
      await behind.flushed()
      assert.equal(textOf(disk.values), history.at(-1))
    }
    const open = random.below(10) === 0 ? disk.shut() : undefined
    const operations = Array.from({ length: 1 + random.below(4) }, () =>
      random.below(3) === 0 ? del(random.below(8)) : put(random.below(8), random.below(256)),
    )
    const before = { waiting: behind.waiting, values: new Map(disk.values), model: textOf(model) }
    const adding = behind.add(operations, 8)
    for (const { type, key, ...rest } of operations) {
      if (type === 'put') model.set(key[0]!, (rest as { value: Uint8Array }).value[0]!)
      else model.delete(key[0]!)
    }
    history.push(textOf(model))
    open?.()
    await adding
    const seen = (waiting: WriteBehind['waiting'], values: Map<number, number>) => {
      const frozen = { values } as Disk
      return textOf(
        new Map(
          [0, 1, 2, 3, 4, 5, 6, 7].flatMap((key) => {
            const value = read(waiting, frozen, key)
            return value === undefined ? [] : [[key, value] as const]
          }),
        ),
      )
    }
    assert.equal(seen(behind.waiting, disk.values), textOf(model))
    assert.equal(seen(before.waiting, before.values), before.model)
    assert.ok(history.includes(textOf(disk.values)), `step ${step}: half a batch is written`)
  }
  await behind.flushed()
  assert.equal(textOf(disk.values), textOf(model))
})

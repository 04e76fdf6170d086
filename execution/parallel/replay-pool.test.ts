import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { DEADLY, ENDLESS } from './fixtures/replay-worker.ts'
import type { BundleResult, ReplayThreadData } from './protocol.ts'
import { type ReplayOrder, ReplayPool } from './replay-pool.ts'

const pools: ReplayPool[] = []
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()))
})

function poolOf(workers: number): { pool: ReplayPool; lines: string[] } {
  const lines: string[] = []
  const write = (_: object, message: string) => lines.push(message)
  const log = { debug: write, info: write, warn: write, error: write }
  const pool = new ReplayPool(
    {
      entry: new URL('./fixtures/replay-worker.ts', import.meta.url),
      workers,
      processors: undefined,
      thread: {} as Omit<ReplayThreadData, 'worker' | 'processor'>,
      memoryMegabytes: 64,
    },
    { log },
  )
  pools.push(pool)
  return { pool, lines }
}

/** An order of one bundle a group; the deadly ones kill `deaths` times in all. */
function orderOf(groups: readonly number[], deaths = 0, overrides: Partial<ReplayOrder> = {}) {
  const input = new SharedArrayBuffer(4 * (groups.length + 1))
  new Int32Array(input).set([deaths, ...groups])
  const results: BundleResult[] = []
  const rescued: number[] = []
  const order: ReplayOrder = {
    job: { input, marks: new SharedArrayBuffer(0) },
    bundles: groups.length,
    workers: Number.MAX_SAFE_INTEGER,
    timeoutMs: 20_000,
    accept: (result) => results.push(result) > 0,
    rescue: async (_, bundle) => {
      rescued.push(bundle)
      return [{ bundle, isComplete: true, runs: new SharedArrayBuffer(0), failures: [] }]
    },
    ...overrides,
  }
  return { order, bundles: () => results.map((result) => result.bundle).toSorted((a, b) => a - b), rescued }
}

const HUNDRED = Array.from({ length: 100 }, (_, index) => index)

test('all bundles are done exactly once, job after job', async () => {
  const { pool } = poolOf(4)
  const jobs = Array.from({ length: 5 }, () => orderOf(HUNDRED))
  await Promise.all(jobs.map(({ order }) => pool.replay(order)))
  for (const { bundles } of jobs) assert.deepEqual(bundles(), HUNDRED)
})

test('start resolves when all workers are ready', async () => {
  const { pool } = poolOf(3)
  assert.deepEqual(pool.workers(), [])
  await pool.start()
  assert.deepEqual(
    pool.workers().map((worker) => worker.index),
    [0, 1, 2],
  )
})

test('a worker that dies is replaced and its bundle done again', async () => {
  for (const workers of [1, 3]) {
    const { pool, lines } = poolOf(workers)
    const { order, bundles, rescued } = orderOf(HUNDRED.with(40, DEADLY).with(70, DEADLY), 2)
    await pool.replay(order)
    assert.deepEqual(bundles(), HUNDRED)
    assert.deepEqual(rescued, [])
    assert.equal(lines.filter((line) => /died/.test(line)).length, 2)
    const after = orderOf(HUNDRED)
    await pool.replay(after.order)
    assert.deepEqual(after.bundles(), HUNDRED)
  }
})

test('a bundle that kills three workers is rescued once, and the rest is done by the pool', async () => {
  for (const workers of [1, 3]) {
    const { pool } = poolOf(workers)
    const { order, bundles, rescued } = orderOf(HUNDRED.with(7, DEADLY), Number.MAX_SAFE_INTEGER & 0xffff)
    await pool.replay(order)
    assert.deepEqual(bundles(), HUNDRED)
    assert.deepEqual(rescued, [7])
  }
})

test('a rescue that fails fails the job with its error', async () => {
  const { pool } = poolOf(2)
  const { order } = orderOf([DEADLY], 100, { rescue: () => Promise.reject(new Error('no rescue')) })
  await assert.rejects(pool.replay(order), /no rescue/)
})

test('a job that is not accepted any more ends early, and the next one is whole', async () => {
  const { pool } = poolOf(2)
  let seen = 0
  await pool.replay(orderOf(HUNDRED, 0, { accept: () => ++seen < 5 }).order)
  assert.equal(seen, 5)
  const next = orderOf(HUNDRED)
  await pool.replay(next.order)
  assert.deepEqual(next.bundles(), HUNDRED)
})

test('what accept throws fails the job', async () => {
  const { pool } = poolOf(1)
  const accept = () => {
    throw new RangeError('not acceptable')
  }
  await assert.rejects(pool.replay(orderOf([1], 0, { accept }).order), RangeError)
})

test('a job that takes too long fails with timeout, and the hung worker is replaced', async () => {
  const { pool } = poolOf(2)
  await pool.replay(orderOf(HUNDRED).order)
  await assert.rejects(pool.replay(orderOf([ENDLESS, 1, 2], 0, { timeoutMs: 200 }).order), { code: 'timeout' })
  const next = orderOf(HUNDRED)
  await pool.replay(next.order)
  assert.deepEqual(next.bundles(), HUNDRED)
})

test('workers that cannot even start fail the job, boundedly', async () => {
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const pool = new ReplayPool(
    {
      entry: new URL('./fixtures/absent.ts', import.meta.url),
      workers: 2,
      processors: undefined,
      thread: {} as Omit<ReplayThreadData, 'worker' | 'processor'>,
      memoryMegabytes: 64,
    },
    { log },
  )
  pools.push(pool)
  await assert.rejects(pool.replay(orderOf([1]).order), { code: 'worker-failed' })
})

test('closing fails the present job and every later one', async () => {
  const { pool } = poolOf(1)
  const present = assert.rejects(pool.replay(orderOf([ENDLESS]).order), { code: 'closed' })
  await new Promise((resolve) => setTimeout(resolve, 50))
  await pool.close()
  await present
  await assert.rejects(pool.replay(orderOf([1]).order), { code: 'closed' })
})

test('workers update subtries between and after jobs', async () => {
  const { pool } = poolOf(2)
  await pool.start()
  const { order, bundles } = orderOf(HUNDRED)
  const [, first, second] = await Promise.all([
    pool.replay(order),
    pool.updateSubtries(0, Uint8Array.of(1, 2)),
    pool.updateSubtries(1, Uint8Array.of(1, 2)),
  ])
  assert.deepEqual([first, second], [Uint8Array.of(1, 2), Uint8Array.of(2, 3)])
  assert.deepEqual(bundles(), HUNDRED)
  assert.deepEqual(await pool.updateSubtries(1, Uint8Array.of(7)), Uint8Array.of(8))
})

test('an update that no worker can do is refused', async () => {
  const { pool } = poolOf(2)
  await assert.rejects(pool.updateSubtries(0, Uint8Array.of(1)), { code: 'worker-failed' }, 'not started')
  await pool.start()
  await assert.rejects(pool.updateSubtries(2, Uint8Array.of(1)), { code: 'worker-failed' }, 'no third one')
  await assert.rejects(pool.updateSubtries(0, new Uint8Array(ENDLESS)), { code: 'worker-failed' }, 'it throws')
  assert.deepEqual(await pool.updateSubtries(0, Uint8Array.of(1)), Uint8Array.of(1))
  const refusals = [new Uint8Array(DEADLY), Uint8Array.of(1)].map((task) =>
    assert.rejects(pool.updateSubtries(0, task), { code: 'worker-failed' }, 'it dies'),
  )
  await Promise.all(refusals)
  assert.deepEqual(await pool.updateSubtries(1, Uint8Array.of(1)), Uint8Array.of(2))
})

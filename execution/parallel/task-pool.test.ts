import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { CodedError } from '../../primitives/errors.ts'
import { BlockError } from '../block/block-error.ts'
import type { FixtureTasks } from './fixtures/task-worker.ts'
import { TaskPool, type TaskPoolOptions } from './task-pool.ts'

const pools: TaskPool<FixtureTasks>[] = []
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()))
})

function poolOf(options: Partial<TaskPoolOptions> = {}): TaskPool<FixtureTasks> {
  const pool = new TaskPool<FixtureTasks>(
    {
      thread: {
        entry: new URL('./fixtures/task-worker.ts', import.meta.url),
        name: 'fixture',
        data: {},
        memoryMegabytes: 64,
      },
      threads: 2,
      queued: 1000,
      attempts: 3,
      ...options,
    },
    {
      busy: () => new CodedError('busy', 'busy'),
      timeout: (timeoutMs) => new CodedError('timeout', `${timeoutMs} ms`),
      died: (cause) => new CodedError('died', 'died', {}, { cause }),
      closed: () => new CodedError('closed', 'closed'),
      abandoned: () => new CodedError('abandoned', 'abandoned'),
    },
  )
  pools.push(pool)
  return pool
}

test('tasks are answered with their own results', async () => {
  const pool = poolOf()
  const results = await Promise.all(Array.from({ length: 50 }, (_, value) => pool.run('double', value, 1000)))
  assert.deepEqual(
    results,
    Array.from({ length: 50 }, (_, value) => value * 2),
  )
})

test('a thread that is prepared takes the first task, whether it is up or not, and ends with the pool', async () => {
  const pool = poolOf({ threads: 1, queued: 1 })
  pool.prepare()
  pool.prepare()
  assert.equal(await pool.run('double', 4, 1000), 8)
  const idle = poolOf()
  idle.prepare()
  await idle.close()
  idle.prepare()
  await assert.rejects(idle.run('double', 4, 1000), { code: 'closed' })
})

test('an error comes back with its class, code and details, and the thread lives on', async () => {
  const pool = poolOf()
  await assert.rejects(pool.run('fail', { transaction: 3, claimed: 21_000n }, 1000), (error) => {
    assert.ok(error instanceof BlockError)
    assert.equal(error.code, 'wrong-gas-used')
    assert.deepEqual(error.details, { transaction: 3, claimed: 21_000n })
    return true
  })
  assert.equal(await pool.run('double', 4, 1000), 8)
})

test('what cannot be cloned is refused, and the thread lives on', async () => {
  const pool = poolOf({ threads: 1 })
  const symbol = Symbol('not plain') as unknown as number
  await assert.rejects(pool.run('double', symbol, 1000), { code: 'worker-threw' })
  assert.equal(await pool.run('double', 4, 1000), 8)
})

test('a task that takes too long is stopped, and the others are not', async () => {
  const pool = poolOf({ threads: 1 })
  const hung = assert.rejects(pool.run('hang', undefined as never, 100), { code: 'timeout' })
  const next = pool.run('double', 21, 1000)
  await hung
  assert.equal(await next, 42)
})

test('when a thread dies its task is done again, up to the number of attempts', async () => {
  const countdown = (deaths: number) => {
    const memory = new SharedArrayBuffer(4)
    new Int32Array(memory)[0] = deaths
    return memory
  }
  assert.equal(await poolOf({ attempts: 3 }).run('dieWhile', countdown(2), 1000), 'survived')
  await assert.rejects(poolOf({ attempts: 2 }).run('dieWhile', countdown(2), 1000), { code: 'died' })
  const pool = poolOf({ attempts: 1, threads: 1 })
  const crashed = assert.rejects(pool.run('crash', 7, 1000), { code: 'died' })
  const innocent = pool.run('double', 1, 1000)
  await crashed
  assert.equal(await innocent, 2)
})

test('a thread that cannot start fails its tasks instead of trying for ever', async () => {
  const entry = new URL('./fixtures/absent.ts', import.meta.url)
  const pool = poolOf({ thread: { entry, name: 'absent', data: {}, memoryMegabytes: 64 } })
  await assert.rejects(pool.run('double', 1, 1000), { code: 'died' })
})

test('more tasks than may wait are refused', async () => {
  const pool = poolOf({ threads: 1, queued: 2 })
  const taken = [1, 2, 3].map((value) => pool.run('sleep', value, 5000))
  await assert.rejects(pool.run('double', 4, 1000), { code: 'busy' })
  assert.deepEqual(await Promise.all(taken), [1, 2, 3])
})

test('a task that waits is given up when nobody wants it, one that a thread has is not', async () => {
  const pool = poolOf({ threads: 1 })
  await pool.run('double', 1, 1000)
  const gone = new AbortController()
  const running = pool.run('double', 2, 1000, gone.signal)
  const waiting = pool.run('double', 3, 1000, gone.signal)
  const wanted = pool.run('double', 4, 1000)
  gone.abort()
  await assert.rejects(waiting, { code: 'abandoned' })
  await assert.rejects(pool.run('double', 5, 1000, gone.signal), { code: 'abandoned' })
  assert.deepEqual(await Promise.all([running, wanted]), [4, 8])
})

test('closing fails what runs and what waits', async () => {
  const pool = poolOf({ threads: 1 })
  const tasks = [pool.run('hang', undefined as never, 10_000), pool.run('double', 1, 1000)]
  const rejected = tasks.map((task) => assert.rejects(task, { code: 'closed' }))
  await pool.close()
  await Promise.all(rejected)
  await assert.rejects(pool.run('double', 1, 1000), { code: 'closed' })
})

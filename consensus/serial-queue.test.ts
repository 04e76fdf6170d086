import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { SerialQueue } from './serial-queue.ts'

test('tasks run one at a time in order, and one that fails does not stop the next', async () => {
  const queue = new SerialQueue({ maxWaiting: 10 })
  const steps: string[] = []
  const task =
    (name: string, fails = false) =>
    async () => {
      steps.push(`${name}<`)
      await sleep(1)
      steps.push(`${name}>`)
      if (fails) throw new Error(name)
      return name
    }
  const results = await Promise.allSettled([queue.run(task('a')), queue.run(task('b', true)), queue.run(task('c'))])
  assert.deepEqual(steps, ['a<', 'a>', 'b<', 'b>', 'c<', 'c>'])
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
})

test('beyond its bound, and after close, it refuses', async () => {
  const queue = new SerialQueue({ maxWaiting: 2 })
  const { promise, resolve } = Promise.withResolvers<void>()
  const running = queue.run(() => promise)
  await sleep(0)
  const waiting = [queue.run(async () => {}), queue.run(async () => {})]
  const refused = Promise.allSettled(waiting)
  await assert.rejects(
    queue.run(async () => {}),
    { code: 'queue-full' },
  )
  const closing = queue.close()
  resolve()
  await Promise.all([running, closing])
  for (const result of await refused) assert.equal(result.status, 'rejected')
  await assert.rejects(
    queue.run(async () => {}),
    { code: 'closed' },
  )
})

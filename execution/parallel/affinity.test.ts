import assert from 'node:assert/strict'
import { platform } from 'node:os'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { allowedProcessors, parseProcessorList } from './affinity.ts'

test('processor lists are read as Linux writes them', () => {
  assert.deepEqual(parseProcessorList('0-3,8,10-11\n'), [0, 1, 2, 3, 8, 10, 11])
  assert.deepEqual(parseProcessorList('5'), [5])
  for (const bad of ['', 'x', '1-', '-1', '1,,2', '3-1x']) assert.deepEqual(parseProcessorList(bad), [], bad)
  assert.ok(parseProcessorList('0-999999').length <= 65_536)
})

test('a thread is pinned to the processor asked for, and the kernel agrees', {
  skip: platform() !== 'linux',
}, async () => {
  const processor = allowedProcessors().at(-1)!
  const module = new URL('./affinity.ts', import.meta.url).href
  const script = `
    const { parentPort } = require('node:worker_threads')
    const { readFileSync } = require('node:fs')
    import(${JSON.stringify(module)}).then(({ kernelThreadId, pinThread }) => {
      const failed = pinThread(100_000)
      const pinned = pinThread(${processor})
      const status = readFileSync('/proc/self/task/' + kernelThreadId() + '/status', 'utf8')
      parentPort.postMessage({ failed, pinned, allowed: /Cpus_allowed_list:\\s*(\\S+)/.exec(status)[1] })
    })`
  const before = allowedProcessors()
  const worker = new Worker(script, { eval: true })
  const answer = await new Promise<{ failed: { core?: number; reason: string }; pinned: object; allowed: string }>(
    (resolve, reject) => worker.once('message', resolve).once('error', reject),
  )
  await worker.terminate()
  assert.equal(answer.failed.core, undefined)
  assert.match(answer.failed.reason, /errno/)
  assert.deepEqual(answer.pinned, { core: processor })
  assert.equal(answer.allowed, String(processor))
  assert.deepEqual(allowedProcessors(), before, 'the other threads keep their processors')
})

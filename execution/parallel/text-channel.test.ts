import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { TextChannel } from './text-channel.ts'

/** Several times what a channel holds. */
const LENGTH = 2_000_000

function startWriter(channel: TextChannel, length: number): { ended: Promise<string> } {
  const worker = new Worker(new URL('./fixtures/text-worker.ts', import.meta.url), {
    workerData: { memory: channel.memory, length },
  })
  return { ended: once(worker, 'message').then(([message]) => message as string) }
}

test('what one thread writes another reads, in order and whole', async () => {
  const channel = new TextChannel()
  const { ended } = startWriter(channel, LENGTH)
  const pieces: Uint8Array[] = []
  for await (const piece of channel.read(ended)) {
    // A reader slower than the writer: it has to wait.
    if (pieces.length % 3 === 0) await sleep(5)
    pieces.push(piece)
  }
  const text = Buffer.concat(pieces).toString()
  assert.equal(await ended, 'done')
  assert.equal(text.length, LENGTH + 1)
  assert.equal(text, `${'x'.repeat(LENGTH)}é`)
})

test('a reader that stops cancels the writer', async () => {
  const channel = new TextChannel()
  const { ended } = startWriter(channel, LENGTH)
  for await (const piece of channel.read(ended)) {
    assert.ok(piece.length > 0)
    break
  }
  assert.equal(await ended, 'cancelled')
})

test('what the writing fails with comes after what was written', async () => {
  const channel = new TextChannel()
  channel.write('abc', () => {})
  const pieces: string[] = []
  const reading = (async () => {
    for await (const piece of channel.read(Promise.reject(new Error('too late'))))
      pieces.push(Buffer.from(piece).toString())
  })()
  await assert.rejects(reading, /too late/)
  assert.deepEqual(pieces, ['abc'])
})

/**
 * Thread that searches nonces. It hashes in short batches and sleeps between them, so that a cancellation is seen at once
 * and the rate stays what the engine asked for: at the default rate the thread uses less than 1 % of a core.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort } from 'node:worker_threads'
import type { PowReply, PowRequest } from './pow-protocol.ts'
import { searchNonce } from './pow-seal.ts'

const PAUSE_MS = 10
/** Above this rate a batch would keep a cancellation waiting for more than about 50 ms. */
const MAX_BATCH = 20_000

const cancelled = new Set<number>()
const running = new Set<number>()

parentPort?.on('message', (request: PowRequest) => {
  if (request.kind === 'cancel') {
    if (running.has(request.id)) cancelled.add(request.id)
    return
  }
  running.add(request.id)
  void search(request).finally(() => {
    running.delete(request.id)
    cancelled.delete(request.id)
  })
})

async function search(request: Extract<PowRequest, { kind: 'search' }>): Promise<void> {
  const startedMs = performance.now()
  let tried = 0
  while (!cancelled.has(request.id)) {
    const allowed = Math.ceil(((performance.now() - startedMs + PAUSE_MS) / 1000) * request.hashesPerSecond)
    const count = Math.min(allowed - tried, MAX_BATCH)
    const nonce = searchNonce(request.search, request.firstNonce + BigInt(tried), count)
    if (nonce !== undefined) {
      const reply: PowReply = { id: request.id, nonce }
      parentPort?.postMessage(reply)
      return
    }
    tried += count
    await sleep(PAUSE_MS)
  }
}

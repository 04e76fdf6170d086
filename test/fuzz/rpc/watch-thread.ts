import { parentPort, workerData } from 'node:worker_threads'
import { rpc } from '../../support/json-rpc.ts'

/** Milliseconds that one eth_blockNumber took, or why it failed. */
export type Watched = { readonly ms: number } | { readonly failure: string }

const EVERY_MS = 50

/** Asks all the time, in a thread of its own: what the fuzzer has to do in the main one must not count. */
const url = workerData as string
for (;;) {
  const startedAt = performance.now()
  try {
    await rpc(url, 'eth_blockNumber')
    tell({ ms: Math.round(performance.now() - startedAt) })
  } catch (error) {
    tell({ failure: String(error) })
  }
  await new Promise((resolve) => setTimeout(resolve, EVERY_MS))
}

function tell(watched: Watched): void {
  parentPort?.postMessage(watched)
}

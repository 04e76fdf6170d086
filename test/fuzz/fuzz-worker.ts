import { parentPort, workerData } from 'node:worker_threads'
import type { CaseSelection } from './cases.ts'
import { type BatchResult, fuzzBatch } from './fuzz-batch.ts'

/** To the thread: cases to run. `undefined` ends it. */
export type BatchRequest = { readonly first: number; readonly count: number } | undefined

/** From the thread. */
export type BatchReply = { readonly result: BatchResult } | { readonly error: string }

const port = parentPort
if (port === null) throw new Error('this module runs in a worker thread only')
const selection = workerData as CaseSelection

port.on('message', async (request: BatchRequest) => {
  if (request === undefined) return port.close()
  try {
    const reply: BatchReply = { result: await fuzzBatch(selection, request.first, request.count) }
    port.postMessage(reply)
  } catch (error) {
    const reply: BatchReply = { error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
    port.postMessage(reply)
  }
})

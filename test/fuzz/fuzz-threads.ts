import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { CaseSelection } from './cases.ts'
import type { BatchResult } from './fuzz-batch.ts'
import type { BatchReply, BatchRequest } from './fuzz-worker.ts'

/** Cases handed to a thread at once: some tens of milliseconds, so that all threads end at about the same time. */
const BATCH = 50

/**
 * Runs cases from number 0 on, on several threads, until `onResult` returns false. A batch that is being worked on then is
 * finished and told as well. Threads are not terminated but end themselves: they run native code.
 */
export async function fuzzOnThreads(
  selection: CaseSelection,
  threads: number,
  onResult: (result: BatchResult) => boolean,
): Promise<void> {
  let next = 0
  let goesOn = true
  const runThread = async (): Promise<void> => {
    const worker = new Worker(new URL('./fuzz-worker.ts', import.meta.url), { workerData: selection })
    const exit = once(worker, 'exit')
    while (goesOn) {
      const request: BatchRequest = { first: next, count: BATCH }
      next += BATCH
      worker.postMessage(request)
      const [reply] = (await once(worker, 'message')) as [BatchReply]
      if ('error' in reply) throw new Error(`cases from ${request.first} on: ${reply.error}`)
      if (!onResult(reply.result)) goesOn = false
    }
    const end: BatchRequest = undefined
    worker.postMessage(end)
    await exit
  }
  await Promise.all(Array.from({ length: threads }, runThread))
}

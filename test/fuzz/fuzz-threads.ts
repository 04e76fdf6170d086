import { openTaskThreads } from '../support/task-threads.ts'
import type { CaseSelection } from './cases.ts'
import type { BatchResult } from './fuzz-batch.ts'
import type { FuzzTasks } from './fuzz-worker.ts'

/** Cases handed to a thread at once: some tens of milliseconds, so that all threads end at about the same time. */
const BATCH = 50
/** A batch is done in less than a second, but compiles contracts and loads proofs before the first case. */
const BATCH_TIMEOUT_MS = 15 * 60 * 1000

/**
 * Runs cases from number 0 on, on several threads, until `onResult` returns false. A batch that is being worked on then is
 * finished and told as well.
 */
export async function fuzzOnThreads(
  selection: CaseSelection,
  threads: number,
  onResult: (result: BatchResult) => boolean,
): Promise<void> {
  const entry = new URL('./fuzz-worker.ts', import.meta.url)
  const pool = openTaskThreads<FuzzTasks>({ entry, name: 'fuzz', data: selection, threads })
  let next = 0
  let goesOn = true
  const keepBusy = async (): Promise<void> => {
    while (goesOn) {
      const request = { first: next, count: BATCH }
      next += BATCH
      if (!onResult(await pool.run('batch', request, BATCH_TIMEOUT_MS))) goesOn = false
    }
  }
  try {
    await Promise.all(Array.from({ length: threads }, keepBusy))
  } finally {
    await pool.close()
  }
}

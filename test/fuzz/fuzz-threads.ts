import { openTaskThreads, type TaskThreadsOptions } from '../support/task-threads.ts'

/** What a thread of a fuzzer does. */
export interface BatchTasks<Result> {
  /** Runs `count` cases from the number `first` on. */
  batch(request: BatchRequest): Promise<Result>
}

export interface BatchRequest {
  readonly first: number
  readonly count: number
}

export interface BatchOptions extends TaskThreadsOptions {
  /** Cases handed to a thread at once: some tens of milliseconds, so that all threads end at about the same time. */
  readonly batch: number
}

/** A batch is done in less than a second, but compiles contracts and loads proofs before the first case. */
const BATCH_TIMEOUT_MS = 15 * 60 * 1000

/**
 * Runs cases from number 0 on, on several threads, until `onResult` returns false. A batch that is being worked on then is
 * finished and told as well.
 */
export async function runBatches<Result>(
  { batch, ...threads }: BatchOptions,
  onResult: (result: Result) => boolean,
): Promise<void> {
  const pool = openTaskThreads<BatchTasks<Result>>(threads)
  let next = 0
  let goesOn = true
  const keepBusy = async (): Promise<void> => {
    while (goesOn) {
      const request = { first: next, count: batch }
      next += batch
      if (!onResult(await pool.run('batch', request, BATCH_TIMEOUT_MS))) goesOn = false
    }
  }
  try {
    await Promise.all(Array.from({ length: threads.threads }, keepBusy))
  } finally {
    await pool.close()
  }
}

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { HelperData } from '../../execution/parallel/fixtures/helper-worker.ts'
import { useHelpers } from '../../execution/parallel/thread-sharing.ts'
import { setThreadHelpers, type ThreadHelpers, threadHelpers } from '../../execution/threads/helpers.ts'
import { ThreadBoard } from '../../execution/threads/thread-board.ts'

const ENTRY = new URL('../../execution/parallel/fixtures/helper-worker.ts', import.meta.url)

/** Threads that run sub-threads of what this thread executes, when it lets them. */
export class HelperThreads {
  readonly #workers: readonly Worker[]
  readonly #helpers: ThreadHelpers | undefined

  private constructor(workers: readonly Worker[], helpers: ThreadHelpers | undefined) {
    this.#workers = workers
    this.#helpers = helpers
  }

  static async start(count: number): Promise<HelperThreads> {
    const board = ThreadBoard.memoryFor({ lanes: 1, helpers: count })
    const workers = Array.from({ length: count }, (_, helper) => {
      return new Worker(ENTRY, { workerData: { board, helper } satisfies HelperData })
    })
    await Promise.all(workers.map((worker) => once(worker, 'message')))
    const before = threadHelpers()
    useHelpers(board, 0)
    return new HelperThreads(workers, setThreadHelpers(before))
  }

  /** They help while that runs. */
  during<T>(run: () => T): T {
    const before = setThreadHelpers(this.#helpers)
    try {
      return run()
    } finally {
      setThreadHelpers(before)
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
  }
}

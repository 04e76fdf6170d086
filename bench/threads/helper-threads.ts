import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { allowedProcessors, processorReader } from '../../execution/parallel/affinity.ts'
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

  /**
   * Helpers on so many processors beside this thread's, pinned as the replay threads of a node are: one to each, and one to where this thread
   * is, which keeps out of its way.
   */
  static async start(count: number): Promise<HelperThreads> {
    const processors = allowedProcessors().slice(0, count + 1)
    const board = ThreadBoard.memoryFor({ lanes: 1, helpers: processors.length })
    const workers = processors.map((processor, helper) => {
      return new Worker(ENTRY, { workerData: { board, helper, processor } satisfies HelperData })
    })
    await Promise.all(workers.map((worker) => once(worker, 'message')))
    const before = threadHelpers()
    const ownProcessor = processorReader()
    useHelpers(board, 0, () => {
      const own = ownProcessor()
      return own !== undefined && processors.includes(own) ? own : processors[0]
    })
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

import { ClaimsBoard } from '../../execution/parallel/claims-board.ts'
import { ReplayWork } from '../../execution/parallel/replay-job.ts'
import type { ReplayOrder, ReplayPool } from '../../execution/parallel/replay-pool.ts'
import { runBundle } from '../../execution/parallel/run-bundle.ts'
import type { ThreadState } from '../../execution/parallel/thread-state.ts'

/**
 * What a pool of replay threads does, in this thread: the same job cut into the same bundles, which are cloned to the work
 * and back as they are to a thread, but taken last first. Starting threads for each of thousands of chains would take
 * longer than the chains.
 */
export class InThreadReplay implements Pick<ReplayPool, 'size' | 'workers' | 'replay'> {
  readonly size: number
  readonly #thread: ThreadState

  constructor(options: { readonly size: number }, modules: { readonly thread: ThreadState }) {
    this.size = options.size
    this.#thread = modules.thread
  }

  workers(): [] {
    return []
  }

  async replay({ job, accept }: ReplayOrder): Promise<void> {
    const board = ClaimsBoard.memoryFor(job.bundles.length)
    const cloned = structuredClone({ ...job, id: 1, board })
    const work = new ReplayWork(cloned, { thread: this.#thread })
    try {
      for (const bundle of [...job.bundles.keys()].reverse()) {
        for (const result of runBundle(cloned, bundle, work)) if (!accept(structuredClone(result), 0)) return
      }
    } finally {
      work.close()
    }
  }
}

import { ClaimsBoard } from '../../execution/parallel/claims-board.ts'
import { ReplayWork } from '../../execution/parallel/replay-job.ts'
import type { ReplayOrder, ReplayPool } from '../../execution/parallel/replay-pool.ts'
import { runBundle } from '../../execution/parallel/run-bundle.ts'
import type { ThreadState } from '../../execution/parallel/thread-state.ts'

/**
 * What a pool of replay threads does, in this thread: the same job cut into the same bundles, whose results are
 * cloned as they are by a thread, but taken last first. Starting threads for each of thousands of chains would take
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

  async replay({ job, bundles, accept }: ReplayOrder): Promise<void> {
    const work = new ReplayWork({ ...job, id: 1, board: ClaimsBoard.memoryFor(bundles) }, { thread: this.#thread })
    try {
      for (let bundle = bundles - 1; bundle >= 0; bundle--) {
        for (const result of runBundle(bundle, work)) if (!accept(structuredClone(result), 0)) return
      }
    } finally {
      work.close()
    }
  }
}

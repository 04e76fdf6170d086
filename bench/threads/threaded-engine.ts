import type { Contract, Engine, RunResult, Workload } from '../vm/engine.ts'
import { OurEngine } from '../vm/ours.ts'
import type { HelperThreads } from './helper-threads.ts'

export interface ThreadedEngineModules {
  /** What is called in place of each workload. */
  readonly twins: ReadonlyMap<Workload, Workload>
  /** Absent: this thread runs all sub-threads itself. */
  readonly helpers?: HelperThreads | undefined
}

/** Our engine as shipped, on contracts that do the work of the workloads with sub-threads. */
export class ThreadedEngine implements Engine {
  readonly name: string
  readonly #modules: ThreadedEngineModules
  readonly #engine = new OurEngine('shipped', { withoutSetUp: true, hasThreads: true })

  constructor(name: string, modules: ThreadedEngineModules) {
    this.name = name
    this.#modules = modules
  }

  supports(workload: Workload): boolean {
    return this.#modules.twins.has(workload)
  }

  prepare(): void {
    this.#engine.prepare([...this.#modules.twins.values()].map(({ contract }): Contract => contract))
  }

  /** Threads use gas of their own, so what is used is not told. */
  run(workload: Workload): RunResult {
    const twin = this.#modules.twins.get(workload)!
    const run = (): RunResult => this.#engine.run(twin)
    const { output, microseconds } = this.#modules.helpers?.during(run) ?? run()
    return { output, microseconds, gasUsed: undefined }
  }

  close(): void {}
}

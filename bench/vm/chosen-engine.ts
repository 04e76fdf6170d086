import type { Contract, Engine, RunResult, Workload } from './engine.ts'

/** An engine that is too slow for all workloads, for some of them. */
export class ChosenEngine implements Engine {
  readonly name: string
  readonly #engine: Engine
  readonly #workloads: ReadonlySet<Workload>

  constructor(engine: Engine, workloads: Iterable<Workload>) {
    this.name = engine.name
    this.#engine = engine
    this.#workloads = new Set(workloads)
  }

  supports(workload: Workload): boolean {
    return this.#workloads.has(workload) && this.#engine.supports(workload)
  }

  async prepare(contracts: readonly Contract[]): Promise<void> {
    await this.#engine.prepare(contracts)
  }

  async run(workload: Workload): Promise<RunResult> {
    return await this.#engine.run(workload)
  }

  async close(): Promise<void> {
    await this.#engine.close()
  }
}

import type { Contract, Workload } from './engine.ts'
import { OurEngine } from './ours.ts'

/** What the process is asked for, as its first and only message. */
export interface ColdRequest {
  readonly tier: string
  readonly contracts: readonly Contract[]
  readonly workload: Workload
}

/** Entry of a process that makes one call and answers with its result. */
process.once('message', ({ tier, contracts, workload }: ColdRequest) => {
  const engine = new OurEngine(tier)
  engine.prepare(contracts)
  process.send!(engine.run(workload), () => process.exit())
})

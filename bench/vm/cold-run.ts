import type { Contract, Workload } from './engine.ts'

/** What the process is asked for, as its first and only message. */
export interface ColdRequest {
  readonly tier: string
  readonly contracts: readonly Contract[]
  readonly workload: Workload
}

/** Entry of a process that makes one call and answers with its result. */
process.once('message', async ({ tier, contracts, workload }: ColdRequest) => {
  // Not before: while modules load, a message that nobody listens for would be lost.
  const { OurEngine } = await import('./ours.ts')
  const engine = new OurEngine(tier)
  engine.prepare(contracts)
  process.send!(engine.run(workload), () => process.exit())
})

import { progressBar } from '../node/progress.ts'
import type { Report } from './report.ts'
import { AnvilEngine } from './vm/anvil.ts'
import { runCold } from './vm/cold.ts'
import type { Engine, Workload } from './vm/engine.ts'
import { EthereumJsEngine } from './vm/ethereumjs.ts'
import { GethEngine } from './vm/geth.ts'
import { agreedGas, type EngineRounds, measureEngines, type Summaries, summaryOf } from './vm/measure-engines.ts'
import { OurEngine, TIERS } from './vm/ours.ts'
import { RevmEngine } from './vm/revm.ts'
import { vmReports, type WorkloadFigures } from './vm/vm-report.ts'
import { vmWorkloads, type WorkloadSizes } from './vm/workloads.ts'

export interface VmOptions extends EngineRounds {
  readonly sizes: WorkloadSizes
  /** First calls in fresh processes, for each tier and workload; may be 0. */
  readonly coldRounds: number
  /** Those to measure where they are there. */
  readonly programs: readonly Program[]
}

/** An EVM that is a program of its own. */
export interface Program {
  readonly name: string
  readonly kind: {
    new (): Engine
    /** Command that installs it. */
    readonly install: string
    isInstalled(): boolean | Promise<boolean>
  }
}

/** anvil comes with the development dependencies; the others are looked for on the PATH. */
export const PROGRAMS: readonly Program[] = [
  { name: 'anvil', kind: AnvilEngine },
  { name: 'geth’s evm', kind: GethEngine },
  { name: 'revm’s revme', kind: RevmEngine },
]

/** One tier, with recording as blocks have it and without. */
interface OurTier {
  readonly name: string
  readonly engine: OurEngine
  readonly unrecorded: OurEngine
}

interface Measured {
  readonly tiers: readonly OurTier[]
  /** Ours, recording, and others. */
  readonly engines: readonly Engine[]
}

/** Our EVM beside others, on the same calls of the same contracts. */
export async function measureVm(options: VmOptions): Promise<readonly Report[]> {
  const workloads = vmWorkloads(options.sizes)
  const contracts = workloads.map(({ contract }) => contract)
  const tiers = TIERS.map((name) => ({
    name,
    engine: new OurEngine(name, { withoutSetUp: true }),
    unrecorded: new OurEngine(name, { record: false, withoutSetUp: true }),
  }))
  const { programs, missing } = await installed(options.programs)
  const engines = [...tiers.map(({ engine }) => engine), ...programs, await EthereumJsEngine.create()]
  const all = [...engines, ...tiers.map(({ unrecorded }) => unrecorded)]
  try {
    for (const engine of all) await engine.prepare(contracts)
    return vmReports({
      engines: engines.map(({ name }) => name),
      shipped: tiers.at(-1)!.engine.name,
      workloads: await measureWorkloads(workloads, { tiers, engines }, options),
      missing,
    })
  } finally {
    for (const engine of all) await engine.close()
  }
}

async function measureWorkloads(
  workloads: readonly Workload[],
  modules: Measured,
  options: VmOptions,
): Promise<readonly WorkloadFigures[]> {
  // All of them before the first is timed: figures of engines that do different things are worth nothing.
  const gas = new Map<Workload, bigint>()
  for (const workload of workloads) gas.set(workload, await agreedGas(supporting(modules.engines, workload), workload))
  const figures: WorkloadFigures[] = []
  const progress = progressBar('workloads', workloads.length)
  try {
    for (const [done, workload] of workloads.entries()) {
      progress.update(done)
      figures.push(...(await measureWorkload(workload, gas.get(workload)!, modules, options)))
    }
  } finally {
    progress.stop()
  }
  return figures
}

/** One row, or two where recording is measured. */
async function measureWorkload(
  workload: Workload,
  gasUsed: bigint,
  { tiers, engines }: Measured,
  options: VmOptions,
): Promise<readonly WorkloadFigures[]> {
  const { name, computes, isMostlyState } = workload
  const unrecorded = isMostlyState ? tiers.map((tier) => tier.unrecorded) : []
  const warm = await measureEngines([...supporting(engines, workload), ...unrecorded], workload, options)
  const cold = await measureCold(tiers, workload, options.coldRounds)
  const figures = { name, computes, instructions: tiers[0]!.engine.countInstructions(workload), gasUsed, warm, cold }
  if (!isMostlyState) return [figures]
  const recorded = new Map(warm)
  const bare = new Map(warm)
  for (const tier of tiers) {
    bare.set(tier.engine.name, warm.get(tier.unrecorded.name)!)
    for (const summaries of [recorded, bare]) summaries.delete(tier.unrecorded.name)
  }
  return [
    { ...figures, warm: recorded },
    { ...figures, name: `${name}, ours without recording`, warm: bare, cold: new Map() },
  ]
}

/** First calls in fresh processes, in turns. */
async function measureCold(tiers: readonly OurTier[], workload: Workload, rounds: number): Promise<Summaries> {
  if (rounds === 0) return new Map()
  const samples = new Map<string, number[]>(tiers.map(({ engine }) => [engine.name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const { name, engine } of tiers) {
      const request = { tier: name, contracts: [workload.contract], workload }
      samples.get(engine.name)!.push((await runCold(request)).microseconds)
    }
  }
  return new Map([...samples].map(([name, microseconds]) => [name, summaryOf(microseconds)]))
}

/** Those of the programs that are there, and of each other one how to get it. */
export async function installed(
  wanted: readonly Program[],
): Promise<{ programs: readonly Engine[]; missing: readonly string[] }> {
  const programs: Engine[] = []
  const missing: string[] = []
  for (const { name, kind } of wanted) {
    if (await kind.isInstalled()) programs.push(new kind())
    else missing.push(`Not there: ${name}. To install it: \`${kind.install}\`.`)
  }
  return { programs, missing }
}

function supporting(engines: readonly Engine[], workload: Workload): readonly Engine[] {
  return engines.filter((engine) => engine.supports(workload))
}

import type { ExecutedBlock, ExecutionStrategy, ReplayStrategy, TimelineEntry } from '../../execution/block/executor.ts'
import { SenderCache } from '../../execution/sender-cache.ts'
import { encodeBlock } from '../../primitives/block.ts'
import { decodePlan, type Plan } from '../../primitives/plan.ts'
import { recoverSender, transactionHash } from '../../primitives/transaction.ts'
import type { MadeBlock } from '../../test/support/block-lab.ts'
import { type Stage, Validation } from '../block/validation.ts'
import { type MeasureOptions, measureInTurns, median, type Samples, wallClock } from '../measure.ts'
import { type BlockSite, type BlockWorkloadName, blockOf } from './block-site.ts'
import type { BlockCosts } from './makespan.ts'
import type { OnStep } from './section.ts'
import type { Sizes } from './sizes.ts'

export interface CostFigures {
  readonly workload: BlockWorkloadName
  readonly costs: BlockCosts
  /** Milliseconds until the verdict as measured, senders known. */
  readonly serial: number
  /** The same in parallel, by the number of workers. */
  readonly parallel: ReadonlyMap<number, number>
}

/** Microseconds. */
interface Replay {
  readonly entries: readonly TimelineEntry[]
  /** Of the entries of all workers. */
  readonly work: number
  /** In all. */
  readonly duration: number
}

/** Numbers of workers whose verdicts are measured. */
export const CHECKED = [1, 2] as const

/**
 * What transactions, bundles and the main thread take, and verdicts to hold the model against: all in the same rounds, so that what slows
 * the machine down slows all of them.
 */
export async function measureCosts(
  site: BlockSite,
  { blocks }: Sizes,
  onStep: OnStep,
): Promise<readonly CostFigures[]> {
  const figures: CostFigures[] = []
  for (const workload of blocks.workloads) {
    const made = await blockOf(site, workload, blocks.transactions)
    figures.push({ workload, ...(await measureBlock(site, made, blocks)) })
    onStep()
  }
  return figures
}

async function measureBlock(
  { lab }: BlockSite,
  { block }: MadeBlock,
  options: MeasureOptions,
): Promise<Omit<CostFigures, 'workload'>> {
  const senders = new SenderCache()
  for (const transaction of block.transactions) senders.add(transactionHash(transaction), recoverSender(transaction))
  const bytes = encodeBlock(block)
  const parent = lab.node.chain.headContext()
  const replaying = (strategy: ReplayStrategy, workers: number) => {
    const replays: Replay[] = []
    const run = async (): Promise<void> => {
      lab.knownSenders = senders
      replays.push(replayOf(await lab.executor(strategy, workers).execute(block, parent)))
    }
    return { replays, steps: [{ name: `replay ${strategy}, ${workers}`, run }] }
  }
  const validating = (strategy: ExecutionStrategy, workers: number): Validation =>
    new Validation(`${strategy}, ${workers}`, bytes, lab.executor(strategy, workers), lab, senders)
  const apart = replaying('values', 1)
  const whole = replaying('split', 1)
  const shared = replaying('split', 2)
  const serial = validating('serial', 1)
  const parallel = CHECKED.map((workers) => validating('split', workers))
  const samples = await measureInTurns([apart, whole, shared, serial, ...parallel], options, wallClock)
  const [apartReplays, wholeReplays, sharedReplays] = [apart, whole, shared].map(({ replays }) =>
    replays.slice(-options.rounds),
  )
  const verdict = (validation: Validation): number => median(validation.verdicts(samples))
  const plan = decodePlan(block.header.plan!)
  return {
    costs: {
      plan,
      ...workerCosts(plan, apartReplays!, wholeReplays!),
      bundle: pauseBetween(sharedReplays!),
      ...mainCosts(serial, parallel[0]!, samples),
    },
    serial: verdict(serial),
    parallel: new Map(CHECKED.map((workers, index) => [workers, verdict(parallel[index]!)])),
  }
}

function replayOf({ timeline }: ExecutedBlock): Replay {
  const { strategy, entries, durationUs } = timeline
  if (strategy === 'serial') throw new Error('the block is so small that it is not replayed')
  return { entries, duration: durationUs, work: entries.reduce((sum, entry) => sum + entry.durationUs, 0) }
}

/** From replays on one worker: of each transaction by itself, and of all as one piece. */
function workerCosts(
  plan: Plan,
  apart: readonly Replay[],
  whole: readonly Replay[],
): Pick<BlockCosts, 'transactions' | 'system' | 'handOver'> {
  const durations = plan.transactions.map((_, index) =>
    median(apart.map(({ entries }) => entries.find((entry) => entry.transactions[0] === index)!.durationUs)),
  )
  const ofSystem = apart.flatMap(({ entries }) => entries.filter((entry) => entry.transactions.length === 0))
  const system = median(ofSystem.map(({ durationUs }) => durationUs))
  // Each by itself has an overlay to itself; transactions of one run share theirs. What the whole took is what they take.
  const executed = Math.max(0, median(whole.map(({ work }) => work)) - 2 * system)
  const scale = executed / durations.reduce((sum, duration) => sum + duration, 0)
  return {
    transactions: durations.map((duration) => duration * scale),
    system,
    handOver: Math.max(0, median(whole.map(({ duration, work }) => duration - work))),
  }
}

/** Between the end of a worker's piece of work and the beginning of its next; 0 where no worker had two. */
function pauseBetween(replays: readonly Replay[]): number {
  const pauses = replays.flatMap(({ entries }) => {
    const last = new Map<number, TimelineEntry>()
    return entries.flatMap((entry) => {
      const before = last.get(entry.worker)
      last.set(entry.worker, entry)
      return before === undefined ? [] : [entry.startUs - before.startUs - before.durationUs]
    })
  })
  return pauses.length === 0 ? 0 : Math.max(0, median(pauses))
}

/** Serially the state root is made after the execution, else beside it. */
function mainCosts(serial: Validation, parallel: Validation, samples: Samples): Pick<BlockCosts, 'around' | 'root'> {
  const stage = (validation: Validation, name: Stage): number => median(validation.rounds(name, samples)) * 1_000
  const merge = stage(parallel, 'merge')
  return {
    around: stage(parallel, 'decode') + stage(parallel, 'rules') + merge,
    root: Math.max(0, stage(serial, 'merge') - merge),
  }
}

import type { ExecutedBlock, ReplayStrategy, TimelineEntry } from '../../execution/block/executor.ts'
import { schedule } from '../../execution/parallel/scheduler.ts'
import { SenderCache } from '../../execution/sender-cache.ts'
import { decodePlan, type Plan } from '../../primitives/plan.ts'
import { recoverSender, transactionHash } from '../../primitives/transaction.ts'
import type { Timings } from '../block/block.ts'
import { STAGES, type Stage } from '../block/validation.ts'
import { median } from '../measure.ts'
import { type BlockSite, type BlockWorkloadName, blockOf } from './block-site.ts'
import type { BlockCosts } from './makespan.ts'
import type { OnStep } from './section.ts'
import type { Sizes } from './sizes.ts'
import type { BlockFigures } from './validation.ts'
import { timingOf } from './ways.ts'

export interface CostFigures {
  readonly workload: BlockWorkloadName
  readonly costs: BlockCosts
  /** The block's validation as measured. */
  readonly timings: Timings
}

/** One replay on one worker, in microseconds. */
interface Replay {
  readonly entries: readonly TimelineEntry[]
  /** Of the replay beside its entries. */
  readonly gap: number
  /** Of its entries. */
  readonly work: number
}

/** Replays each block on one worker, transaction by transaction and as a whole: what each transaction and each bundle takes. */
export async function measureCosts(
  site: BlockSite,
  validations: readonly BlockFigures[],
  { blocks }: Sizes,
  onStep: OnStep,
): Promise<readonly CostFigures[]> {
  const figures: CostFigures[] = []
  for (const { workload, transactions, timings } of validations) {
    const { block } = await blockOf(site, workload, transactions)
    const senders = new SenderCache()
    for (const transaction of block.transactions) senders.add(transactionHash(transaction), recoverSender(transaction))
    site.lab.knownSenders = senders
    const parent = site.lab.node.chain.headContext()
    const replays = async (strategy: ReplayStrategy): Promise<Replay[]> => {
      const executor = site.lab.executor(strategy, 1)
      const results: Replay[] = []
      for (let round = -blocks.warmUps; round < blocks.rounds; round++) {
        const replay = replayOf(await executor.execute(block, parent))
        if (round >= 0) results.push(replay)
      }
      return results
    }
    const plan = decodePlan(block.header.plan!)
    const measured = { plan, apart: await replays('values'), whole: await replays('split') }
    figures.push({ workload, timings, costs: { ...workerCosts(measured), ...mainCosts(timings) } })
    onStep()
  }
  return figures
}

function replayOf({ timeline }: ExecutedBlock): Replay {
  const { strategy, entries, durationUs } = timeline
  if (strategy === 'serial') throw new Error('the block is so small that it is not replayed')
  const work = entries.reduce((sum, entry) => sum + entry.durationUs, 0)
  return { entries, work, gap: durationUs - work }
}

function workerCosts({
  plan,
  apart,
  whole,
}: {
  readonly plan: Plan
  readonly apart: readonly Replay[]
  readonly whole: readonly Replay[]
}): Pick<BlockCosts, 'plan' | 'transactions' | 'system' | 'bundle' | 'handOver'> {
  const durations = plan.transactions.map((_, index) =>
    median(apart.map(({ entries }) => entries.find((entry) => entry.transactions[0] === index)!.durationUs)),
  )
  const ofSystem = apart.flatMap(({ entries }) => entries.filter((entry) => entry.transactions.length === 0))
  const system = median(ofSystem.map(({ durationUs }) => durationUs))
  // Each by itself has an overlay to itself; transactions of one run share theirs. What the whole took is what they take.
  const executed = median(whole.map(({ work }) => work)) - 2 * system
  const scale = Math.max(0, executed) / durations.reduce((sum, duration) => sum + duration, 0)
  const bundles = (strategy: ReplayStrategy): number => schedule(plan, strategy, 1).length
  const [gapApart, gapWhole] = [apart, whole].map((replays) => median(replays.map(({ gap }) => gap)))
  const more = bundles('values') - bundles('split')
  const bundle = more > 0 ? Math.max(0, (gapApart! - gapWhole!) / more) : 0
  return {
    plan,
    transactions: durations.map((duration) => duration * scale),
    system,
    bundle,
    handOver: Math.max(0, gapWhole! - bundle * bundles('split')),
  }
}

/** From the stages of the validation: serially the state root is made after the execution, else beside it. */
function mainCosts(timings: Timings): Pick<BlockCosts, 'around' | 'root'> {
  const known = { sendersKnown: true }
  const stage = (way: 'serial' | 'split, 1', name: Stage): number =>
    timingOf(timings, way, known).stages[STAGES.indexOf(name)]! * 1_000
  const merge = stage('split, 1', 'merge')
  return {
    around: stage('split, 1', 'decode') + stage('split, 1', 'rules') + merge,
    root: Math.max(0, stage('serial', 'merge') - merge),
  }
}

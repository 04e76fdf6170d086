import type { ReplayStrategy } from '../../execution/block/executor.ts'
import { type Bundle, schedule } from '../../execution/parallel/scheduler.ts'
import type { Plan } from '../../primitives/plan.ts'

/** What a block's replay consists of: measured microseconds. */
export interface BlockCosts {
  readonly plan: Plan
  /** Of each transaction in a worker. */
  readonly transactions: readonly number[]
  /** Of the system operations before the block, or after it. */
  readonly system: number
  /** To take a bundle, and to answer it. */
  readonly bundle: number
  /** Of a replay, whatever is in it: until the first bundle is taken, and from the last answer on. */
  readonly handOver: number
  /** On the main thread before the replay and after it. */
  readonly around: number
  /** On the main thread beside the replay: the state root of what is claimed. */
  readonly root: number
}

/**
 * Microseconds until the verdict, as a model: the node's own schedule, whose bundles go in their order, longest first, to whichever worker is
 * free next; the main thread beside it; and no more work done at a time than there are processors.
 */
export function predictVerdict(
  costs: BlockCosts,
  options: { readonly strategy: ReplayStrategy; readonly workers: number; readonly processors: number },
): number {
  const { strategy, workers, processors } = options
  const bundles = schedule(costs.plan, strategy, workers).map((bundle) => bundleTime(bundle, costs))
  const work = bundles.reduce((sum, time) => sum + time, 0)
  const { handOver, around, root } = costs
  return around + Math.max(handOver + makespan(bundles, workers), root, (handOver + work + root) / processors)
}

/** When the last worker ends, if each takes the next task as soon as it is free. */
export function makespan(tasks: readonly number[], workers: number): number {
  const ends = new Float64Array(workers)
  for (const task of tasks) ends[ends.indexOf(Math.min(...ends))]! += task
  return Math.max(...ends)
}

function bundleTime(bundle: Bundle, { transactions, system, bundle: fixed }: BlockCosts): number {
  return bundle.reduce((sum, run) => {
    const own = run.transactions.reduce((time, index) => time + transactions[index]!, 0)
    return sum + (run.step === 'transactions' ? own : system)
  }, fixed)
}

import type { MeasureOptions } from '../measure.ts'
import type { SeriesSizes } from '../threads/workloads.ts'
import type { EngineRounds } from '../vm/measure-engines.ts'
import { SIZES as VM_SIZES, type WorkloadSizes } from '../vm/workloads.ts'
import { BLOCK_WORKLOADS, type BlockWorkloadName } from './block-site.ts'

/** How much each experiment does. */
export interface Sizes {
  readonly calls: EngineRounds
  /** Of the calls whose latency is measured by size, ascending. */
  readonly series: SeriesSizes
  /** Of the calls without threads that are compared with other virtual machines besides. */
  readonly otherCalls: WorkloadSizes
  /** Sub-threads of a contract, and how long a text they share. */
  readonly threadCounts: readonly number[]
  readonly text: number
  readonly blocks: MeasureOptions & {
    /** Rounds on a block of its own before anything else, not counted. */
    readonly firstWarmUps: number
    readonly workloads: readonly BlockWorkloadName[]
    /** In a block. */
    readonly transactions: number
    /** Numbers of transactions, and the workloads whose blocks have them. */
    readonly counts: readonly number[]
    readonly countedWorkloads: readonly BlockWorkloadName[]
    /** Transactions of a group of conflicting ones: divisors of `transactions`. */
    readonly groupSizes: readonly number[]
    /** For so long blocks are replayed while the use of processors is watched. */
    readonly utilisationMs: number
  }
  readonly cores: readonly number[]
}

/** Those of the document. */
export const FULL_SIZES: Sizes = {
  calls: { rounds: 7, warmUpMs: 600, turnMs: 40 },
  series: {
    MatrixMul: [90, 120, 150, 180, 210],
    MatrixAdd: [40, 50, 60, 70, 80],
    Substring: [12_000, 16_000, 20_000, 24_000, 28_000],
    Histogram: [30_000, 40_000, 50_000, 60_000, 70_000],
    WordCount: [30_000, 40_000, 50_000, 60_000, 70_000],
  },
  otherCalls: VM_SIZES,
  threadCounts: [1, 2, 4, 8],
  text: 1_000_000,
  blocks: {
    firstWarmUps: 30,
    warmUps: 2,
    rounds: 5,
    workloads: BLOCK_WORKLOADS,
    transactions: 300,
    counts: [100, 200, 300, 400, 500],
    countedWorkloads: ['ERC20', 'Fibonacci'],
    groupSizes: [1, 10, 50, 150, 300],
    utilisationMs: 1_500,
  },
  cores: [1, 2, 4, 8, 16, 32, 40, 64],
}

import type { ChainConfig } from '../../config/chain.ts'
import type { Header } from '../../primitives/header.ts'
import type { Address } from '../../primitives/hex.ts'
import type { Withdrawal } from '../../primitives/withdrawal.ts'
import type { ParentContext, ReplayStrategy } from '../block/executor.ts'
import type { SystemOutcome, TransactionOutcome } from '../block/outcome.ts'
import type { PlainError } from './plain-error.ts'
import type { Bundle } from './scheduler.ts'

/** What a thread needs from the start to read state and know the rules. Plain data, like everything in this file. */
export interface ThreadData {
  readonly databaseDirectory: string
  readonly chain: ChainConfig
}

export interface ReplayThreadData extends ThreadData {
  /** Index in the pool, from 0. */
  readonly worker: number
  /** Processor to run on; `undefined` = any. */
  readonly processor: number | undefined
}

/** Byte strings of a block one behind the other: shared memory, written once and read by all threads. */
export interface SharedBytes {
  readonly memory: SharedArrayBuffer
  /** Where each string ends. */
  readonly ends: readonly number[]
}

/** Beside what other threads need. */
export interface CallThreadData extends ThreadData {
  /** Most gas of a call. */
  readonly callGasLimit: bigint
  readonly callTimeoutMs: number
}

/** A block to replay. */
export interface ReplayJob {
  /** Counts up; an answer to another job than the present one is ignored. */
  readonly id: number
  readonly strategy: ReplayStrategy
  readonly header: Header
  readonly withdrawals: readonly Withdrawal[]
  readonly parent: ParentContext
  /** The consensus form of each transaction, then the RLP of the access list. */
  readonly bytes: SharedBytes
  readonly bundles: readonly Bundle[]
  /** Shared state of the bundles: see `claims-board.ts`. */
  readonly board: SharedArrayBuffer
}

/** To a replay thread. */
export type ReplayCommand =
  /** Take bundles of this job until none is left. */
  | { readonly kind: 'job'; readonly job: ReplayJob }
  /** Look again: bundles of the present job became free. */
  | { readonly kind: 'again' }
  /** The job is over: let go of its memory and snapshot. */
  | { readonly kind: 'end' }

/** From a replay thread. */
export type ReplayReport =
  | {
      readonly kind: 'ready'
      readonly core: number | undefined
      /** Why it is not pinned, if it was to be. */
      readonly reason: string | undefined
      readonly threadId: number
    }
  | { readonly kind: 'bundle'; readonly job: number; readonly result: BundleResult }

/** What became of some runs of a bundle. */
export interface BundleResult {
  readonly bundle: number
  /** Whether it holds the bundle's last run. Earlier ones are sent ahead when they show the block to be invalid. */
  readonly isComplete: boolean
  readonly runs: readonly RunResult[]
}

export interface RunResult {
  /** Index in the bundle. */
  readonly run: number
  /** `process.hrtime` when it started: the clock is the same in all threads. */
  readonly startNs: bigint
  readonly durationNs: bigint
  /** Of a run of transactions, in its order, up to where something showed that the block is invalid. */
  readonly transactions: readonly TransactionOutcome[]
  /** The last one used other gas than the plan claims: those behind it would only see the consequences. */
  readonly usesOtherGas: boolean
  /** Of a run of system operations. */
  readonly system?: SystemOutcome | undefined
  /** Of what would have come next. */
  readonly failure?: ReplayFailure | undefined
}

export interface ReplayFailure {
  /** Of the transaction that failed, if its signature is one. */
  readonly sender: Address | undefined
  readonly error: PlainError
}

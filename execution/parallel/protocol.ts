import type { ChainConfig } from '../../config/chain.ts'
import type { Address } from '../../primitives/hex.ts'
import type { CompilerOptions } from '../compiler/compiler-options.ts'
import type { PlainError } from './plain-error.ts'

/** What a thread needs from the start to read state and know the rules. Plain data, like everything in this file. */
export interface ThreadData {
  readonly databaseDirectory: string
  /** Memory of the `StateCache` of whoever writes to the database; without it this thread reads everything from disk. */
  readonly stateCache?: SharedArrayBuffer | undefined
  readonly chain: ChainConfig
  readonly compiler: CompilerOptions
  /** Memory of the `ThreadBoard` by which threads help one another with sub-threads of contracts; without it each runs its own. */
  readonly threadBoard?: SharedArrayBuffer | undefined
}

export interface ReplayThreadData extends ThreadData {
  /** Index in the pool, from 0. */
  readonly worker: number
  /** Processor to run on; `undefined` = any. */
  readonly processor: number | undefined
}

/** Beside what other threads need. */
export interface CallThreadData extends ThreadData {
  /** Most gas of a call. */
  readonly callGasLimit: bigint
  readonly callTimeoutMs: number
}

/** A block to replay: nothing but shared memory, so that handing it out costs the same for every block. */
export interface ReplayJob {
  /** Counts up; an answer to another job than the present one is ignored. */
  readonly id: number
  /** The block and how it is cut: see `replay-input.ts`. Nobody writes to it. */
  readonly input: SharedArrayBuffer
  /** Which thread has which bundle: see `claims-board.ts`. */
  readonly board: SharedArrayBuffer
  /** What the steps met of the access list: see `StepCheck`. */
  readonly marks: SharedArrayBuffer
}

/** To a replay thread. */
export type ReplayCommand =
  /** Take bundles of this job until none is left. */
  | { readonly kind: 'job'; readonly job: ReplayJob }
  /** Look again: bundles of the present job became free. */
  | { readonly kind: 'again' }
  /** The job is over: let go of its memory and snapshot. */
  | { readonly kind: 'end' }
  /** Update parts of the state trie: a task for `updateSubtries`. */
  | { readonly kind: 'subtries'; readonly id: number; readonly task: Uint8Array }

/** From a replay thread. */
export type ReplayReport =
  | {
      readonly kind: 'ready'
      readonly core: number | undefined
      /** Why it is not pinned, if it was to be. */
      readonly reason: string | undefined
      readonly threadId: number
    }
  | { readonly kind: 'bundles'; readonly job: number; readonly results: readonly BundleResult[] }
  /** What `updateSubtries` returned; `undefined` if it threw. */
  | { readonly kind: 'subtries'; readonly id: number; readonly result: Uint8Array | undefined }

/** What became of some runs of a bundle. */
export interface BundleResult {
  readonly bundle: number
  /** Whether it holds the bundle's last run. Earlier ones are sent ahead when they show the block to be invalid. */
  readonly isComplete: boolean
  /** The runs' results, encoded: see `run-result.ts`. The sender writes no more to it. */
  readonly runs: SharedArrayBuffer
  /** Of what could not be executed. Seldom, so that errors are cloned. */
  readonly failures: readonly RunFailure[]
}

export interface RunFailure extends ReplayFailure {
  /** Index of the run in the bundle. */
  readonly run: number
}

export interface ReplayFailure {
  /** Of the transaction that failed, if its signature is one. */
  readonly sender: Address | undefined
  readonly error: PlainError
}

import type { Block } from '../../primitives/block.ts'
import type { Header } from '../../primitives/header.ts'
import type { Address, Hash } from '../../primitives/hex.ts'
import type { BlockEnvironment } from '../block/environment.ts'
import type { TransactionOutcome } from '../block/outcome.ts'
import type { Tracer } from '../evm/tracer.ts'
import type { WorldState } from '../state/world-state.ts'

/** A block whose transactions are traced. */
export interface TracedBlock {
  readonly block: Block
  readonly hash: Hash
  readonly environment: BlockEnvironment
}

/** Where a transaction of a block stands. */
export interface TracePosition {
  readonly header: Header
  readonly blockHash: Hash
  readonly transactionHash: Hash
  readonly index: number
  /** Logs of the block before it. */
  readonly logsBefore: number
}

/** A transaction, or a call, that is about to be traced. */
export interface TraceSubject {
  /** As it is before it. */
  readonly state: WorldState
  readonly environment: BlockEnvironment
  readonly sender: Address
  /** `undefined`: it creates a contract. */
  readonly to: Address | undefined
  readonly gasLimit: bigint
  /** Whose delegations it sets (EIP-7702). */
  readonly authorities: readonly Address[]
  /** `undefined` for a call. */
  readonly position: TracePosition | undefined
  /** Whether it starts sub-threads. Executes it for that, where it could. */
  startsThreads(): boolean
}

/** What a traced transaction came to. */
export type TraceOutcome = Pick<TransactionOutcome, 'succeeded' | 'output' | 'gasUsed' | 'error'>

/** The trace of one transaction. */
export interface TransactionTrace {
  /** Watches it. */
  readonly tracer: Tracer
  /** Writes the trace, or what is left to write of it, as one JSON value. */
  finish(outcome: TraceOutcome): void
}

/** Writes of transactions, one after the other. */
export interface Report {
  begin(): void
  start(subject: TraceSubject): TransactionTrace
  /** After the transactions of a block. */
  endBlock?(block: TracedBlock): void
  end(): void
  /** Nothing more is going to be written. */
  readonly isComplete?: boolean
}

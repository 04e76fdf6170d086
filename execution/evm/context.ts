import type { Rules } from '../../config/hardforks.ts'
import type { Address, Hash } from '../../primitives/hex.ts'
import type { BlockEnvironment } from '../block/environment.ts'
import type { WorldState } from '../state/world-state.ts'
import type { Precompile } from './precompiles/precompile.ts'

/** What opcodes can see of the transaction. */
export interface TransactionContext {
  readonly block: BlockEnvironment
  readonly origin: Address
  /** Effective, in wei. */
  readonly gasPrice: bigint
  readonly blobVersionedHashes: readonly Hash[]
  /** In wei; 0n before Cancun. */
  readonly blobBaseFee: bigint
}

/** Everything a frame works with, the same for all frames of a transaction. */
export interface ExecutionContext extends TransactionContext {
  readonly rules: Rules
  readonly state: WorldState
  readonly precompiles: ReadonlyMap<Address, Precompile>
  /** How many sub-threads the transaction has started. */
  readonly started: { threads: number }
}

import type { Address, Hash } from '../../primitives/hex.ts'
import type { Log } from '../../primitives/receipt.ts'

/** New values of the fields that differ from before the transaction. A net no-op is absent. */
export interface AccountWrites {
  readonly nonce?: bigint | undefined
  /** Only where the balance was also looked at; else the change stands in `credits`. */
  readonly balance?: bigint | undefined
  readonly code?: { readonly hash: Hash; readonly bytes: Uint8Array } | undefined
  readonly slots?: ReadonlyMap<bigint, bigint> | undefined
  /** Old slots are cleared first: destroyed, or created over old storage (before Cancun only). */
  readonly clearsStorage?: boolean | undefined
  /** The account exists afterwards though empty (before EIP-161), or is gone (`false`). Absent: follows from the fields. */
  readonly exists?: boolean | undefined
}

/** What was looked at of one account before the transaction itself wrote it. */
export interface AccountReads {
  readonly balance: boolean
  readonly nonce: boolean
  /** Code or existence. */
  readonly code: boolean
  /** Unique, in the order of their first use. Not a Set: hostile slots collide in its hash of a bigint's low 64 bits. */
  readonly slots: readonly bigint[]
}

/**
 * Everything one step of a block (a transaction, or the system operations before or after them) did to the state, as
 * plain data that can be cloned between threads. Computed without looking at any other step.
 */
export interface StateEffects {
  /** Every address touched, in the sense of EIP-7928, whether or not a field was read. */
  readonly reads: ReadonlyMap<Address, AccountReads>
  readonly writes: ReadonlyMap<Address, AccountWrites>
  /** Additions to balances that this step did not look at, in wei, each above 0. */
  readonly credits: ReadonlyMap<Address, bigint>
}

/** What executing one transaction gives. */
export interface TransactionOutcome extends StateEffects {
  readonly sender: Address
  readonly succeeded: boolean
  readonly gasUsed: bigint
  readonly logs: readonly Log[]
  /** keccak256 over the operations in program order; only where recording is on. */
  readonly operationsHash?: Hash | undefined
  /** Return or revert data of the outermost call: for eth_call, not for consensus. */
  readonly output: Uint8Array
  /** Address of the contract made by a creating transaction that succeeded. */
  readonly contractAddress?: Address | undefined
  /** Why the outermost frame halted; absent on success. */
  readonly error?: string | undefined
}

/** Effects of the system operations of a block, and the EIP-7685 requests that they returned (after the block). */
export interface SystemOutcome extends StateEffects {
  /** Each request: type byte, then data; without the deposits, which come from logs. */
  readonly requests: readonly Uint8Array[]
}

/** A whole block, step by step. */
export interface BlockOutcome {
  readonly before: SystemOutcome
  readonly transactions: readonly TransactionOutcome[]
  readonly after: SystemOutcome
}

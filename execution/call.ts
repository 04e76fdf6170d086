import type { Header } from '../primitives/header.ts'
import type { Address, Hash } from '../primitives/hex.ts'
import type { Log } from '../primitives/receipt.ts'
import type { AccessListItem, Authorization } from '../primitives/transaction.ts'
import type { Withdrawal } from '../primitives/withdrawal.ts'
import type { SimulatedBlock } from './simulate/simulated-block.ts'
import type { TransactionRecord } from './state/world-state.ts'
import type { TracedThread } from './threads/thread-tracer.ts'

/** A transaction without a signature, for eth_call and its kin. Absent fields take eth_call's defaults. */
export interface CallRequest {
  readonly from: Address
  readonly to?: Address | undefined
  readonly gasLimit?: bigint | undefined
  readonly gasPrice?: bigint | undefined
  readonly maxFeePerGas?: bigint | undefined
  readonly maxPriorityFeePerGas?: bigint | undefined
  readonly maxFeePerBlobGas?: bigint | undefined
  readonly value?: bigint | undefined
  readonly data?: Uint8Array | undefined
  readonly nonce?: bigint | undefined
  readonly accessList?: readonly AccessListItem[] | undefined
  readonly blobVersionedHashes?: readonly Hash[] | undefined
  readonly authorizationList?: readonly Authorization[] | undefined
}

/** Replacement values for accounts during one call (the third parameter of eth_call). */
export interface AccountOverride {
  readonly nonce?: bigint | undefined
  readonly balance?: bigint | undefined
  readonly code?: Uint8Array | undefined
  /** All slots: the others count as zero. */
  readonly state?: ReadonlyMap<bigint, bigint> | undefined
  /** Some slots: the others keep their values. */
  readonly stateDiff?: ReadonlyMap<bigint, bigint> | undefined
  /** The precompile that is here goes there; here stays what the account itself has. */
  readonly movePrecompileToAddress?: Address | undefined
}

/** The state and block a call sees: those after `header`, which is stored and canonical or was. */
export interface CallContext {
  readonly header: Header
  readonly hash: Hash
  readonly overrides?: ReadonlyMap<Address, AccountOverride> | undefined
}

/** Blocks to be simulated one upon the other (eth_simulateV1). */
export interface SimulationRequest {
  readonly blocks: readonly BlockRequest[]
  /** Report wei that moves as logs, too. */
  readonly tracesTransfers: boolean
  /** Check nonces and prices as of transactions of a block. Otherwise what names no price is free, as in eth_call. */
  readonly validates: boolean
}

export interface BlockRequest {
  readonly header: BlockOverrides
  /** Made before the block's first call. */
  readonly accounts?: ReadonlyMap<Address, AccountOverride> | undefined
  readonly calls: readonly CallRequest[]
}

/** What a simulated block has otherwise than it would have by default. */
export interface BlockOverrides {
  readonly number?: bigint | undefined
  readonly timestamp?: bigint | undefined
  /** Gas limit and coinbase are those of the block before, overridden or not. */
  readonly gasLimit?: bigint | undefined
  readonly coinbase?: Address | undefined
  readonly prevRandao?: Hash | undefined
  /** In wei. */
  readonly baseFeePerGas?: bigint | undefined
  readonly blobBaseFee?: bigint | undefined
  readonly withdrawals?: readonly Withdrawal[] | undefined
}

export interface CallOutcome {
  readonly succeeded: boolean
  /** Return data, or revert data. */
  readonly output: Uint8Array
  readonly gasUsed: bigint
  readonly logs: readonly Log[]
  /** Present unless it succeeded: `revert` or the cause of the halt in words. */
  readonly error?: string | undefined
}

/** A transaction of a block that is stored, on a chain with plans. */
export interface StoredTransaction {
  readonly blockHash: Hash
  readonly index: number
  readonly sender: Address
}

/** Who waits for an answer. */
export interface Waiter {
  /** Says when he does no more. Asked for only where the answer takes a while: such a signal may have to be made. */
  readonly gone?: AbortSignal | undefined
}

/**
 * Runs calls, long ones off the main thread. Each is bounded by gas and by time: `CallError` `timeout` when it takes longer,
 * `busy` when too many wait, `TransactionError` when the request could not even start.
 */
export interface CallService {
  call(request: CallRequest, context: CallContext, waiter?: Waiter): Promise<CallOutcome>
  /** Least gas limit with which the request succeeds; a failing one comes back as its outcome. */
  estimateGas(
    request: CallRequest,
    context: CallContext,
    waiter?: Waiter,
  ): Promise<{ readonly gasLimit: bigint } | CallOutcome>
  createAccessList(
    request: CallRequest,
    context: CallContext,
    waiter?: Waiter,
  ): Promise<{ readonly accessList: readonly AccessListItem[]; readonly outcome: CallOutcome }>
  /** Blocks made of calls, one upon the other, on the state after the context's block; `SimulationError` if they cannot be. */
  simulate(request: SimulationRequest, context: CallContext, waiter?: Waiter): Promise<readonly SimulatedBlock[]>
  /** The sub-threads of a transaction, which is executed again. `undefined`: its block is not there, or has no list. */
  threads(transaction: StoredTransaction): Promise<readonly TracedThread[] | undefined>
  /** What it recorded, as `threads`; `undefined` also where that is too much to keep. */
  record(transaction: StoredTransaction): Promise<TransactionRecord | undefined>
}

import type { BlockEnvironment } from '../../execution/block/environment.ts'
import type { MemoryAccount } from '../../execution/state/memory-view.ts'
import type { Address, Hash } from '../../primitives/hex.ts'
import type { AccessListItem } from '../../primitives/transaction.ts'

/** What generators make: random code, calls into compiled contracts, input of precompiled contracts. */
export const CASE_KINDS = ['bytecode', 'contracts', 'precompiles'] as const

export type CaseKind = (typeof CASE_KINDS)[number]

/** A world state as written down before the first message. */
export type Accounts = readonly (readonly [Address, MemoryAccount])[]

/**
 * The outermost message of a transaction of its own. The sender's nonce goes up by one before it; the price of gas is
 * neither taken nor given back, so balances are those between the two.
 */
export interface FuzzMessage {
  readonly sender: Address
  /** `undefined` creates a contract, with `data` as its init code. */
  readonly to: Address | undefined
  /** In wei; no more than the sender has. */
  readonly value: bigint
  readonly data: Uint8Array
  /** What the message may use: nothing intrinsic is taken from it. */
  readonly gas: bigint
  readonly gasPrice: bigint
  readonly isStatic: boolean
  readonly accessList: readonly AccessListItem[]
  readonly blobVersionedHashes: readonly Hash[]
}

/** Messages that follow each other on one world state, each in a block of its own. */
export interface FuzzCase {
  readonly kind: CaseKind
  /** The block of the first message. */
  readonly environment: BlockEnvironment
  readonly accounts: Accounts
  readonly messages: readonly FuzzMessage[]
}

const SECONDS_PER_BLOCK = 12n

/** The block of the message at this position. */
export function environmentOf({ environment }: FuzzCase, index: number): BlockEnvironment {
  const blocks = BigInt(index)
  const { number, timestamp } = environment
  return { ...environment, number: number + blocks, timestamp: timestamp + blocks * SECONDS_PER_BLOCK }
}

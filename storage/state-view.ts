import type { Address, Hash } from '../primitives/hex.ts'

/** What the flat state holds of an account. Its storage root is known to the trie alone. */
export interface Account {
  readonly nonce: bigint
  readonly balance: bigint
  readonly codeHash: Hash
}

/** Read-only world state at one point. Synchronous, so that the EVM never waits. */
export interface StateView {
  /** `undefined`: no such account (which is not the same as an empty one before EIP-161). */
  account(address: Address): Account | undefined
  /** 0n for a slot never written. */
  slot(address: Address, slot: bigint): bigint
  /** The bytes behind a code hash; empty for the hash of nothing. */
  code(codeHash: Hash): Uint8Array
  /** Whether any slot of the account is non-zero (EIP-7610). */
  hasStorage(address: Address): boolean
}

/** New values of one account. Values are absolute, so applying a diff twice does no harm. */
export interface AccountDiff {
  /** `undefined` deletes the account. Absent key = unchanged, hence the box. */
  readonly account?: { readonly to: Account | undefined } | undefined
  /** All old slots are cleared before `slots` are set (a SELFDESTRUCT before Cancun). */
  readonly clearsStorage?: boolean | undefined
  readonly slots?: ReadonlyMap<bigint, bigint> | undefined
}

/** The state's change by a block: what workers return, consensus merges and storage writes. */
export interface StateDiff {
  readonly accounts: ReadonlyMap<Address, AccountDiff>
  /** New code by hash. */
  readonly codes: ReadonlyMap<Hash, Uint8Array>
}

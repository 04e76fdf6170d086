import type { Address } from './hex.ts'

/** 0 = before the first transaction, 1..n = after transaction index 0..n-1, n + 1 = after the block (EIP-7928). */
export type BlockAccessIndex = number

/** A value that holds from `index` on. */
export interface Change<T> {
  readonly index: BlockAccessIndex
  readonly value: T
}

export interface SlotChanges {
  readonly slot: bigint
  readonly changes: readonly Change<bigint>[]
}

/** Everything a block did to one account. Lists ascend by index, slots by number; a slot stands in one list only. */
export interface AccountChanges {
  readonly address: Address
  readonly storageChanges: readonly SlotChanges[]
  readonly storageReads: readonly bigint[]
  readonly balanceChanges: readonly Change<bigint>[]
  readonly nonceChanges: readonly Change<bigint>[]
  readonly codeChanges: readonly Change<Uint8Array>[]
}

/** Every account a block touched, ascending by address (EIP-7928). */
export type BlockAccessList = readonly AccountChanges[]

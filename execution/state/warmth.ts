import type { AccountState } from './account-state.ts'

/** A place in the journals of a transaction: what was made warm behind it can be taken back. */
export interface WarmthMark {
  readonly journal: number
  /** Bytes of the slots' journal. */
  readonly slots: number
}

/** Accounts and slots (entries in state memory) that something made warm (EIP-2929). */
export interface Warmth {
  readonly accounts: readonly AccountState[]
  readonly slots: readonly number[]
}

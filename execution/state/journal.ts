import type { Hash } from '../../primitives/hex.ts'
import type { AccountState } from './account-state.ts'

/**
 * What a transaction can change, each entry with what undoes it. Together with what is kept where the virtual machine
 * changes it by itself, in state memory, these are the 14 kinds of information that pavm records of a running transaction.
 */
export type JournalEntry =
  | { readonly kind: 'createdAccount'; readonly account: AccountState; readonly existed: boolean }
  | {
      readonly kind: 'resetAccount'
      readonly account: AccountState
      readonly wasCleared: boolean
      /** Slots in state memory that were loaded at the time: what they were is in the journal there. */
      readonly loaded: ReadonlySet<number>
    }
  | { readonly kind: 'selfDestruct'; readonly account: AccountState }
  /** A difference, not a value: it can be undone whether or not the balance was looked at meanwhile. */
  | { readonly kind: 'balance'; readonly account: AccountState; readonly delta: bigint }
  | { readonly kind: 'nonce'; readonly account: AccountState; readonly previous: bigint }
  | {
      readonly kind: 'code'
      readonly account: AccountState
      readonly previous: Hash
      readonly previousBytes: Uint8Array | undefined
    }
  | { readonly kind: 'preimage'; readonly hash: Hash }
  | { readonly kind: 'touch'; readonly account: AccountState; readonly existed: boolean }
  | { readonly kind: 'accessListAddress'; readonly account: AccountState }

/** Slots and their warmth have a journal of their own in state memory; checkpoints say how many logs and what refund there were. */
export type JournalKind = JournalEntry['kind'] | 'storage' | 'transientStorage' | 'accessListSlot' | 'log' | 'refund'

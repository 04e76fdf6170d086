import type { Hash } from '../../primitives/hex.ts'
import type { AccountState, SlotState, TransientSlot } from './account-state.ts'

/**
 * What a transaction can change, each entry with what undoes it. These are the 14 kinds of information that pavm
 * records of a running transaction; a checkpoint is the journal's length.
 */
export type JournalEntry =
  | { readonly kind: 'createdAccount'; readonly account: AccountState; readonly existed: boolean }
  | {
      readonly kind: 'resetAccount'
      readonly account: AccountState
      readonly wasCleared: boolean
      /** Those loaded at the time. */
      readonly slots: ReadonlyMap<SlotState, { readonly value: bigint; readonly original: bigint }>
    }
  | { readonly kind: 'selfDestruct'; readonly account: AccountState }
  /** A difference, not a value: it can be undone whether or not the balance was looked at meanwhile. */
  | { readonly kind: 'balance'; readonly account: AccountState; readonly delta: bigint }
  | { readonly kind: 'nonce'; readonly account: AccountState; readonly previous: bigint }
  | { readonly kind: 'storage'; readonly slot: SlotState; readonly previous: bigint }
  | {
      readonly kind: 'code'
      readonly account: AccountState
      readonly previous: Hash
      readonly previousBytes: Uint8Array | undefined
    }
  | { readonly kind: 'refund'; readonly previous: bigint }
  | { readonly kind: 'log' }
  | { readonly kind: 'preimage'; readonly hash: Hash }
  | { readonly kind: 'touch'; readonly account: AccountState; readonly existed: boolean }
  | { readonly kind: 'accessListAddress'; readonly account: AccountState }
  | { readonly kind: 'accessListSlot'; readonly slot: SlotState }
  | { readonly kind: 'transientStorage'; readonly slot: TransientSlot; readonly previous: bigint }

export type JournalKind = JournalEntry['kind']

import type { Hash } from '../../primitives/hex.ts'
import type { AccountState } from './account-state.ts'

/**
 * What a transaction can change, each entry with what undoes it. Slots and their warmth, which the virtual machine changes by
 * itself, have a journal of their own in state memory; checkpoints say how many logs and what refund there were. Together these
 * are the kinds of `KIND_NUMBERS`.
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

import type { NonceSearch } from './pow-seal.ts'

/** What the search worker is told. Plain data, cloned between threads. */
export type PowRequest =
  | {
      readonly kind: 'search'
      /** Chosen by the engine, never used twice. */
      readonly id: number
      readonly search: NonceSearch
      readonly firstNonce: bigint
      readonly hashesPerSecond: number
    }
  | { readonly kind: 'cancel'; readonly id: number }

/** The nonce found. A cancelled search is not answered. */
export interface PowReply {
  readonly id: number
  readonly nonce: bigint
}

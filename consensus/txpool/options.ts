import type { Address } from '../../primitives/hex.ts'

/** What the pool holds at most, and on which terms. Counts are of transactions. */
export interface PoolOptions {
  readonly chainId: bigint
  /** Of one sender, pending and queued together. Local ones may have `LOCAL_ROOM` times as many. */
  readonly perSender: number
  /** Room that only pending transactions may take. They may take the room of queued ones too. */
  readonly pending: number
  /** Queued ones at most: those behind a nonce gap, or not covered by the balance. */
  readonly queued: number
  /** Encoded bytes of all, with sidecars. */
  readonly maxBytes: number
  /** Encoded bytes of one without a sidecar. */
  readonly maxTransactionBytes: number
  /** Encoded bytes of one with its sidecar: six blobs with their proofs are 0.83 MB (EIP-7594). */
  readonly maxBlobTransactionBytes: number
  /** Wei per gas that a transaction must be willing to pay at most (its fee cap or gas price). */
  readonly minimumGasPrice: bigint
  /** By how much a replacement must raise both tip and fee cap. */
  readonly replacementPercent: bigint
  /** How far a nonce may lie ahead of the account's. */
  readonly maxNonceDistance: bigint
  /** How long a transaction may wait in the queue. */
  readonly queuedLifetimeMs: number
  /** Senders whose transactions, when they come from this node's own users, get the local room: the developer accounts. */
  readonly localSenders: ReadonlySet<Address>
  /** Whether transactions that nobody signed are taken, should the chain's rules allow them. */
  readonly allowsImpersonation: boolean
}

/** 128 KiB is what other clients take too, so that a transaction that fits here travels everywhere. */
export const DEFAULT_POOL_OPTIONS: Omit<PoolOptions, 'chainId'> = {
  perSender: 1024,
  pending: 8192,
  queued: 2048,
  maxBytes: 128 * 1024 * 1024,
  maxTransactionBytes: 128 * 1024,
  maxBlobTransactionBytes: 1024 * 1024,
  minimumGasPrice: 1n,
  replacementPercent: 10n,
  maxNonceDistance: 2048n,
  queuedLifetimeMs: 3 * 60 * 60 * 1000,
  localSenders: new Set(),
  allowsImpersonation: false,
}

/** Local transactions may be this many times as many per sender … */
export const LOCAL_ROOM = 2
/** … and this share of the pool's whole room above it: enough for a script, too little to fill the memory. */
export const LOCAL_SHARE = 8

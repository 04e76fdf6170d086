import { CodedError } from '../../primitives/errors.ts'

/** Why the pool did not take a transaction. */
export type PoolErrorCode =
  /** It is in the pool, or being checked right now. */
  | 'already-known'
  /** The signature is not one (`details.reason`). */
  | 'invalid-signature'
  /** More encoded bytes than the pool takes. */
  | 'transaction-too-large'
  /** It could not fit into a block. */
  | 'gas-limit-exceeds-block'
  /** It pays less than the minimum, or less than everything in a full pool (`details.required`, wei per gas). */
  | 'underpriced'
  /** A transaction with this nonce is there, and this one does not raise all its prices by enough. */
  | 'replacement-underpriced'
  /** No room, and nothing that may be evicted. */
  | 'pool-full'
  /** The sender has as many transactions in the pool as one may have. */
  | 'sender-limit'
  /** The nonce has been used. */
  | 'nonce-too-low'
  /** The nonce lies too far ahead of the account's. */
  | 'nonce-too-far'
  /** The balance does not cover it together with the sender's other pending ones. */
  | 'insufficient-funds'
  /** The sender is a contract (EIP-3607). */
  | 'sender-has-code'
  /** A blob transaction came without its blobs. */
  | 'missing-sidecar'
  /** The sidecar is not the one the transaction names, or its proofs are wrong. */
  | 'invalid-sidecar'
  /** A sidecar came with a transaction that has no blobs. */
  | 'unexpected-sidecar'
  /** An account with a delegation, or one under way, may have one transaction in flight, its next (EIP-7702). */
  | 'delegated-account-limit'
  /** An account that this transaction would delegate has several transactions in flight (EIP-7702). */
  | 'authority-in-flight'
  /** The pool was closed. */
  | 'closed'

/** A transaction that the pool does not take now. What is wrong with the transaction itself is a `TransactionError`. */
export class PoolError extends CodedError<PoolErrorCode> {}

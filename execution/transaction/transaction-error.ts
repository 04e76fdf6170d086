import { CodedError } from '../../primitives/errors.ts'

/** Why a transaction cannot be in a block. None of them changes the state. */
export type TransactionErrorCode =
  /** The hardfork has no such type. */
  | 'transaction-type-not-supported'
  /** Signed for another chain. */
  | 'wrong-chain-id'
  /** Bound to a chain before there was a way to (EIP-155): the signature is none then. */
  | 'replay-protection-not-supported'
  /** Lower than the sender's: it has been used. */
  | 'nonce-too-low'
  /** Higher than the sender's: others must come before. */
  | 'nonce-too-high'
  /** 2^64 - 1, which an account never gets beyond (EIP-2681). */
  | 'nonce-at-maximum'
  /** The balance does not cover the value, all gas at the highest price, and the blobs. */
  | 'insufficient-funds'
  /** The sender is a contract (EIP-3607). */
  | 'sender-has-code'
  | 'intrinsic-gas-too-low'
  /** Less gas than the call data costs at least (EIP-7623). */
  | 'floor-gas-too-low'
  | 'gas-limit-exceeds-block'
  /** EIP-7825. */
  | 'gas-limit-exceeds-cap'
  | 'fee-cap-below-base-fee'
  | 'priority-fee-above-fee-cap'
  /** All gas at the fee cap costs 2^256 wei or more, which nobody can have. */
  | 'fee-overflow'
  /** EIP-3860. */
  | 'init-code-too-large'
  | 'blob-list-empty'
  /** More than a block or (EIP-7594) a transaction may have. */
  | 'blob-count-exceeded'
  /** A versioned hash that does not begin with 0x01. */
  | 'blob-version-invalid'
  | 'blob-fee-cap-below-base-fee'
  /** EIP-7702. */
  | 'authorization-list-empty'

/** A transaction that cannot be executed; `details` hold the amounts that decided. */
export class TransactionError extends CodedError<TransactionErrorCode> {}

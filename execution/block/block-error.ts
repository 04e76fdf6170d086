import { CodedError } from '../../primitives/errors.ts'

/**
 * Why a block was not taken. Only the local ones say nothing against the block itself; after any other the block,
 * and all that builds on it, is invalid for good. `details` name the field, transaction, location, and both values.
 */
export type BlockErrorCode = LocalBlockErrorCode | HeaderErrorCode | BodyErrorCode | ExecutionErrorCode | ClaimErrorCode

/** The node cannot judge the block now: the same block may be good later. */
export type LocalBlockErrorCode =
  /** The parent is not stored: the blocks between are to be fetched first. */
  | 'unknown-parent'
  /** The timestamp lies further ahead of this node's clock than the engine allows. */
  | 'future-block'
  /** Too many blocks wait for import. */
  | 'queue-full'
  /** The node is shutting down. */
  | 'closed'

/** The header contradicts its parent, its hardfork or the engine. */
export type HeaderErrorCode =
  /** The block was found invalid before. */
  | 'known-invalid'
  /** An ancestor was found invalid. */
  | 'invalid-ancestor'
  /** Not the parent's number + 1. */
  | 'wrong-number'
  /** Not above the parent's, or before the engine's slot. */
  | 'timestamp-too-early'
  /** Further than 1/1024 from the parent's, below 5000 or above 2^63 - 1. */
  | 'gas-limit-out-of-bounds'
  | 'gas-used-above-limit'
  /** More bytes than the engine allows. */
  | 'extra-data-too-long'
  /** Not what the DAO fork asks for (EIP-779). */
  | 'wrong-extra-data'
  /** Not what EIP-1559 gives. */
  | 'wrong-base-fee'
  /** A field that the hardfork or the genesis asks for is absent (`details.field`). */
  | 'field-missing'
  /** A field is present before its hardfork, or against the genesis (`details.field`). */
  | 'field-forbidden'
  /** Not what EIP-4844 and EIP-7918 give. */
  | 'wrong-excess-blob-gas'
  /** More blob gas than the schedule allows, or no multiple of a blob's. */
  | 'blob-gas-out-of-bounds'
  | 'wrong-difficulty'
  | 'wrong-mix-hash'
  | 'wrong-nonce'
  /** The work behind the nonce does not meet the difficulty. */
  | 'wrong-seal'
  /** Ommers after the Merge. */
  | 'wrong-ommers-hash'

/** The body is not the one the header names, or cannot be. */
export type BodyErrorCode =
  | 'wrong-transactions-root'
  | 'wrong-withdrawals-root'
  /** The list of ommers has another hash, is too long, or holds one that is no ommer of this block. */
  | 'wrong-ommers'
  /** The blobs of the transactions use another amount of gas than the header says. */
  | 'wrong-blob-gas-used'
  | 'block-too-large'
  /** More transactions than fit into the gas limit. */
  | 'too-many-transactions'
  /** More accounts and slots than fit into the gas limit. */
  | 'list-too-large'
  | 'wrong-list-hash'
  /** Order, duplicates, or an index beyond the block (EIP-7928). */
  | 'list-not-canonical'
  | 'plan-malformed'
  /** The plan has another number of entries than the block has transactions. */
  | 'wrong-plan-length'

/** Executing a transaction, or the system operations, was not possible. */
export type ExecutionErrorCode =
  /** `details.transaction` is its index, `details.reason` the `TransactionErrorCode`. */
  | 'invalid-transaction'
  /** A system contract is missing or failed (EIP-7002, EIP-7251), or a deposit log is malformed (EIP-6110). */
  | 'system-call-failed'

/** Execution gave something else than the header or the list claims. */
export type ClaimErrorCode =
  | 'wrong-gas-used'
  | 'wrong-read-set'
  | 'wrong-write-set'
  | 'wrong-written-value'
  | 'wrong-group'
  | 'wrong-operations-hash'
  | 'wrong-receipts-root'
  | 'wrong-bloom'
  | 'wrong-requests-hash'
  | 'wrong-state-root'

/** An invalid block, or one that cannot be judged now. */
export class BlockError extends CodedError<BlockErrorCode> {}

const LOCAL: ReadonlySet<BlockErrorCode> = new Set<LocalBlockErrorCode>([
  'unknown-parent',
  'future-block',
  'queue-full',
  'closed',
])

/** Whether the error says nothing against the block: whoever sent it is not to blame. */
export function isLocalBlockError(error: BlockError): boolean {
  return LOCAL.has(error.code)
}

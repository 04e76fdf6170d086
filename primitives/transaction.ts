import type { Address, Hash } from './hex.ts'

/** One account of an EIP-2930 access list with the slots named for it (32-byte words as bigint). */
export interface AccessListItem {
  readonly address: Address
  readonly slots: readonly bigint[]
}

/** A signed EIP-7702 authorization. */
export interface Authorization {
  readonly chainId: bigint
  readonly address: Address
  readonly nonce: bigint
  readonly yParity: bigint
  readonly r: bigint
  readonly s: bigint
}

interface TransactionCommon {
  readonly nonce: bigint
  /** At most 2^64 - 1. */
  readonly gasLimit: bigint
  /** `undefined` creates a contract. */
  readonly to: Address | undefined
  readonly value: bigint
  readonly data: Uint8Array
  readonly r: bigint
  readonly s: bigint
}

/** Type 0. `v` is 27 / 28, or 35 + 2 * chainId + yParity with replay protection (EIP-155). */
export interface LegacyTransaction extends TransactionCommon {
  readonly type: 0
  readonly gasPrice: bigint
  readonly v: bigint
}

/** Type 1 (EIP-2930). */
export interface AccessListTransaction extends TransactionCommon {
  readonly type: 1
  readonly chainId: bigint
  readonly gasPrice: bigint
  readonly accessList: readonly AccessListItem[]
  readonly yParity: bigint
}

interface FeeMarketFields {
  readonly chainId: bigint
  readonly maxPriorityFeePerGas: bigint
  readonly maxFeePerGas: bigint
  readonly accessList: readonly AccessListItem[]
  readonly yParity: bigint
}

/** Type 2 (EIP-1559). */
export interface FeeMarketTransaction extends TransactionCommon, FeeMarketFields {
  readonly type: 2
}

/** Type 3 (EIP-4844), without its blobs: the form that blocks hold. */
export interface BlobTransaction extends TransactionCommon, FeeMarketFields {
  readonly type: 3
  readonly to: Address
  readonly maxFeePerBlobGas: bigint
  readonly blobVersionedHashes: readonly Hash[]
}

/** Type 4 (EIP-7702). */
export interface SetCodeTransaction extends TransactionCommon, FeeMarketFields {
  readonly type: 4
  readonly to: Address
  readonly authorizationList: readonly Authorization[]
}

/** A signed transaction of any type. Plain data: it can be cloned to a worker. */
export type Transaction =
  | LegacyTransaction
  | AccessListTransaction
  | FeeMarketTransaction
  | BlobTransaction
  | SetCodeTransaction

/** The network form's extra part of a type 3 transaction (EIP-4844, EIP-7594). */
export interface BlobSidecar {
  /** 0 = one proof a blob (EIP-4844), 1 = 128 cell proofs a blob (EIP-7594). */
  readonly version: 0 | 1
  readonly blobs: readonly Uint8Array[]
  readonly commitments: readonly Uint8Array[]
  readonly proofs: readonly Uint8Array[]
}

import { DecodeError } from './errors.ts'
import { type Address, addressToWord, bytesToHex, type Hash, wordToAddress } from './hex.ts'
import { keccak256, keccak256Hex } from './keccak.ts'
import { encodeRlp, joinRlp, prefixLength, type RlpInput } from './rlp.ts'
import {
  address,
  bit,
  byteString,
  type Codec,
  encodeRows,
  type FieldRow,
  fieldRows,
  hash,
  list,
  optionalAddress,
  readRows,
  record,
  uint,
  uint64,
  uint256,
  word,
} from './rlp-codec.ts'
import { LIST_OFFSET, ownedBytes, type Read, RlpCursor } from './rlp-cursor.ts'
import { recoverAddress, SECP256K1_HALF_ORDER, signHash } from './secp256k1.ts'

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

type Unsigned<T, SignatureKeys extends string> = T extends unknown ? Omit<T, SignatureKeys> : never

/** A legacy transaction to be signed: with `chainId` for replay protection (EIP-155), without it as before. */
export type UnsignedLegacyTransaction = Unsigned<LegacyTransaction, 'v' | 'r' | 's'> & {
  readonly chainId?: bigint | undefined
}

export type UnsignedTransaction =
  | UnsignedLegacyTransaction
  | Unsigned<Exclude<Transaction, LegacyTransaction>, 'yParity' | 'r' | 's'>

const accessList = list(record<AccessListItem>('accessList', { address, slots: list(word) }))

const authorizationFields = { chainId: uint256, address, nonce: uint64 }
const authorizationList = list(
  record<Authorization>('authorizationList', { ...authorizationFields, yParity: uint(1), r: uint256, s: uint256 }),
)
const unsignedAuthorization = record<Pick<Authorization, 'chainId' | 'address' | 'nonce'>>(
  'authorization',
  authorizationFields,
)

const targetFields = { gasLimit: uint64, to: optionalAddress, value: uint256, data: byteString }
const feeMarketFields = {
  chainId: uint256,
  nonce: uint64,
  maxPriorityFeePerGas: uint256,
  maxFeePerGas: uint256,
  ...targetFields,
  accessList,
}

/** The fields of each type in RLP order, without the signature. */
const UNSIGNED_FIELDS: readonly Readonly<Record<string, Codec<unknown>>>[] = [
  { nonce: uint64, gasPrice: uint256, ...targetFields },
  { chainId: uint256, nonce: uint64, gasPrice: uint256, ...targetFields, accessList },
  feeMarketFields,
  { ...feeMarketFields, to: address, maxFeePerBlobGas: uint256, blobVersionedHashes: list(hash) },
  { ...feeMarketFields, to: address, authorizationList },
]

const UNSIGNED_ROWS = UNSIGNED_FIELDS.map((fields) => fieldRows('transaction', fields))

/** The signature that follows: legacy `v` has the chain id in it and is as wide as that. */
const LEGACY_SIGNATURE_ROWS: readonly FieldRow[] = fieldRows('transaction', { v: uint256, r: uint256, s: uint256 })
const TYPED_SIGNATURE_ROWS: readonly FieldRow[] = fieldRows('transaction', { yParity: bit, r: uint256, s: uint256 })

const SIGNED_ROWS = UNSIGNED_ROWS.map((rows, type) => [
  ...rows,
  ...(type === 0 ? LEGACY_SIGNATURE_ROWS : TYPED_SIGNATURE_ROWS),
])

/** The fields of a signed transaction as an RLP list, without the type byte. */
export function transactionFields(transaction: Transaction): RlpInput[] {
  return encodeRows(SIGNED_ROWS[transaction.type]!, transaction)
}

/** Reads the list of fields of a transaction of that type. */
export function readTransactionFields(type: Transaction['type']): Read<Transaction> {
  const rows = SIGNED_ROWS[type]!
  return (cursor, end, field) => readRows(rows, cursor, cursor.record(end, field, rows.length), { type }) as Transaction
}

/** By type. */
const FIELD_READERS = ([0, 1, 2, 3, 4] as const).map(readTransactionFields)

/**
 * Encodings that were made or met. A transaction's is asked for some seven times on its way through a node: by the pool, for
 * its hash, for the size and the root of its block, for the threads, for the disk.
 */
const encodings = new WeakMap<Transaction, Uint8Array>()

/**
 * Consensus form: the RLP list of a legacy transaction, type byte and RLP list of a typed one (EIP-2718). Remembered, so not
 * to be written to.
 */
export function encodeTransaction(transaction: Transaction): Uint8Array {
  let bytes = encodings.get(transaction)
  if (bytes === undefined) {
    bytes = withType(transaction.type, transactionFields(transaction))
    encodings.set(transaction, bytes)
  }
  return bytes
}

function withType(type: number, fields: RlpInput): Uint8Array {
  return type === 0 ? encodeRlp(fields) : encodeRlp(fields, type)
}

/**
 * Decodes the consensus form. Keeps the bytes, which are not to be written to, and `data` is a window on them; a copy where
 * they are a window themselves. Throws DecodeError. The signature is checked by `recoverSender` only.
 */
export function decodeTransaction(bytes: Uint8Array): Transaction {
  const first = bytes[0]
  if (first === undefined) throw new DecodeError('transaction: empty', { problem: 'rlp' })
  if (first === 0) {
    throw new DecodeError('transaction: unknown type 0 (a legacy transaction has no type byte)', { problem: 'type' })
  }
  const isLegacy = first >= LIST_OFFSET
  const read = FIELD_READERS[isLegacy ? 0 : first]
  if (read === undefined) throw new DecodeError(`transaction: unknown type ${first}`, { problem: 'type' })
  const kept = ownedBytes(bytes)
  const cursor = new RlpCursor(kept, { areKept: true })
  if (!isLegacy) cursor.offset = 1
  const transaction = cursor.whole(read, 'transaction')
  encodings.set(transaction, kept)
  return transaction
}

/** The RLP of a transaction in a block body: of a list if legacy, else of a byte string. */
export function encodeTransactionInBody(transaction: Transaction): Uint8Array {
  const bytes = encodeTransaction(transaction)
  return transaction.type === 0 ? bytes : encodeRlp(bytes)
}

/** Bytes of that. */
export function lengthInBody(transaction: Transaction): number {
  const { length } = encodeTransaction(transaction)
  return transaction.type === 0 ? length : prefixLength(length) + length
}

/** Reads a transaction of a block body, of which it keeps nothing. */
export const readTransactionInBody: Read<Transaction> = (cursor, end, field) => {
  if (cursor.isAtList(end)) return decodeTransaction(cursor.encoding(end))
  const bytes = cursor.bytes(end, field)
  if (bytes.length > 0 && bytes[0]! >= LIST_OFFSET) {
    throw new DecodeError('transaction: a legacy transaction stands in a block as a list', { problem: 'kind' })
  }
  return decodeTransaction(bytes)
}

const hashes = new WeakMap<Transaction, Hash>()

export function transactionHash(transaction: Transaction): Hash {
  let hash = hashes.get(transaction)
  if (hash === undefined) {
    hash = keccak256Hex(encodeTransaction(transaction))
    hashes.set(transaction, hash)
  }
  return hash
}

/** What the sender signs: the hash of the fields without the signature, with the chain id (EIP-155, EIP-2718). */
export function signingHash(unsigned: UnsignedTransaction): Hash {
  return bytesToHex(signingHashBytes(unsigned))
}

function signingHashBytes(unsigned: UnsignedTransaction): Uint8Array {
  const fields = encodeRows(UNSIGNED_ROWS[unsigned.type]!, unsigned)
  if (unsigned.type === 0 && unsigned.chainId !== undefined) {
    fields.push(unsigned.chainId, 0n, 0n)
  }
  return keccak256(withType(unsigned.type, fields))
}

/** The signing hash of a signed transaction, from its encoding: that is at hand, and begins with what was signed. */
function signedHashBytes(transaction: Transaction): Uint8Array {
  const { type } = transaction
  const bytes = encodeTransaction(transaction)
  const cursor = new RlpCursor(bytes)
  if (type !== 0) cursor.offset = 1
  const end = cursor.list(bytes.length, 'transaction')
  const start = cursor.offset
  for (const _ of UNSIGNED_ROWS[type]!) cursor.skip(end)
  const fields = bytes.subarray(start, cursor.offset)
  if (type !== 0) return keccak256(joinRlp([fields], type))
  const chainId = transactionChainId(transaction)
  return keccak256(joinRlp(chainId === undefined ? [fields] : [fields, encodeRlp(chainId), ZERO, ZERO]))
}

const ZERO = encodeRlp(0n)

/** Signs with a 32-byte private key. */
export function signTransaction(unsigned: UnsignedTransaction, privateKey: Uint8Array): Transaction {
  return withSignature(unsigned, signHash(signingHashBytes(unsigned), privateKey))
}

/**
 * A transaction of an account without its signature, for chains whose user may send for everybody: r is the account, and s 0, which
 * is no signature anywhere else.
 */
export function impersonate(unsigned: UnsignedTransaction, sender: Address): Transaction {
  return withSignature(unsigned, { r: addressToWord(sender), s: 0n, yParity: 0n })
}

/** The account that a transaction is of that nobody signed; `undefined`: it is signed, or should be. */
export function impersonatedSender({ r, s }: Pick<Transaction, 'r' | 's'>): Address | undefined {
  return s === 0n && r < ADDRESSES ? wordToAddress(r) : undefined
}

const ADDRESSES = 1n << 160n

function withSignature(
  unsigned: UnsignedTransaction,
  { r, s, yParity }: { readonly r: bigint; readonly s: bigint; readonly yParity: bigint },
): Transaction {
  if (unsigned.type !== 0) return { ...unsigned, yParity, r, s }
  const { chainId, ...fields } = unsigned
  return { ...fields, v: yParity + (chainId === undefined ? 27n : 35n + 2n * chainId), r, s }
}

/** The chain a transaction is for; `undefined` for a legacy one without replay protection. */
export function transactionChainId(transaction: Transaction): bigint | undefined {
  if (transaction.type !== 0) return transaction.chainId
  return transaction.v < 35n ? undefined : (transaction.v - 35n) / 2n
}

/** 0n or 1n; `undefined` for a legacy `v` that means neither. */
export function transactionYParity(transaction: Transaction): bigint | undefined {
  if (transaction.type !== 0) return transaction.yParity
  const { v } = transaction
  if (v >= 35n) return (v - 35n) % 2n
  return v === 27n || v === 28n ? v - 27n : undefined
}

/** Which signatures count beside those of every hardfork. */
export interface SignatureOptions {
  /** With s in the upper half of the order. */
  readonly allowHighS?: boolean
  /** What `impersonate` puts there. */
  readonly allowImpersonation?: boolean
}

/**
 * The account that signed. Throws DecodeError when the signature is of nobody, or its s is in the upper half of the
 * order (EIP-2), which only Frontier allowed.
 */
export function recoverSender(transaction: Transaction, options: SignatureOptions = {}): Address {
  const impersonated = options.allowImpersonation === true ? impersonatedSender(transaction) : undefined
  if (impersonated !== undefined) return impersonated
  const yParity = transactionYParity(transaction)
  if (yParity === undefined) throw invalidSignature('transaction.v', 'neither 27, 28 nor 35 and above')
  if (transaction.s > SECP256K1_HALF_ORDER && options.allowHighS !== true) {
    throw invalidSignature('transaction.s', 'in the upper half of the order')
  }
  const sender = recoverAddress(signedHashBytes(transaction), yParity, transaction.r, transaction.s)
  if (sender === undefined) throw invalidSignature('transaction', 'invalid signature')
  return sender
}

function invalidSignature(field: string, reason: string): DecodeError {
  return new DecodeError(`${field}: ${reason}`, { problem: 'signature', field })
}

/** Byte before an authorization's fields in what its authority signs (EIP-7702, MAGIC). */
const AUTHORIZATION_MAGIC = 0x05

function authorizationHash(authorization: Pick<Authorization, 'chainId' | 'address' | 'nonce'>): Uint8Array {
  return keccak256(withType(AUTHORIZATION_MAGIC, unsignedAuthorization.encode(authorization)))
}

/** The account that signed an authorization; `undefined` when it is of nobody or s is high (EIP-7702). */
export function recoverAuthority(authorization: Authorization): Address | undefined {
  if (authorization.s > SECP256K1_HALF_ORDER) return undefined
  return recoverAddress(authorizationHash(authorization), authorization.yParity, authorization.r, authorization.s)
}

/** Signs an authorization (EIP-7702) with a 32-byte private key. */
export function signAuthorization(
  authorization: Pick<Authorization, 'chainId' | 'address' | 'nonce'>,
  privateKey: Uint8Array,
): Authorization {
  return { ...authorization, ...signHash(authorizationHash(authorization), privateKey) }
}

/** Most wei the sender pays for a unit of gas. */
export function maxFeePerGasOf(transaction: Transaction): bigint {
  return 'gasPrice' in transaction ? transaction.gasPrice : transaction.maxFeePerGas
}

/** Most wei of it that go to the coinbase: the whole gas price before EIP-1559. */
export function maxPriorityFeePerGasOf(transaction: Transaction): bigint {
  return 'gasPrice' in transaction ? transaction.gasPrice : transaction.maxPriorityFeePerGas
}

/** Wei the sender pays for a unit of gas in a block of that base fee (EIP-1559; 0n before London). */
export function effectiveGasPrice(transaction: Transaction, baseFeePerGas: bigint): bigint {
  if ('gasPrice' in transaction) return transaction.gasPrice
  const withFullTip = baseFeePerGas + transaction.maxPriorityFeePerGas
  if (withFullTip > transaction.maxFeePerGas) return transaction.maxFeePerGas
  return withFullTip
}

/** Wei of it that go to the coinbase; negative when the fee cap is below the base fee. */
export function effectiveTip(transaction: Transaction, baseFeePerGas: bigint): bigint {
  return effectiveGasPrice(transaction, baseFeePerGas) - baseFeePerGas
}

/** Empty for a legacy transaction. */
export function accessListOf(transaction: Transaction): readonly AccessListItem[] {
  return transaction.type === 0 ? [] : transaction.accessList
}

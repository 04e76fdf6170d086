import { DecodeError } from './errors.ts'
import type { Address, Hash } from './hex.ts'
import { keccak256Hex } from './keccak.ts'
import { encodeRlp, type RlpInput } from './rlp.ts'
import {
  address,
  byteString,
  encodeRows,
  type FieldRow,
  fieldRows,
  fixedBytes,
  hash,
  readRows,
  uint64,
  uint256,
} from './rlp-codec.ts'
import { type Read, RlpCursor } from './rlp-cursor.ts'

/** EIP-7685: the hash of no requests, SHA-256 of no bytes. */
export const EMPTY_REQUESTS_HASH: Hash = '0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

/**
 * A block header: Ethereum's fields in RLP order, each optional one present from its hardfork on, then the two of
 * pavm when `pavm.plan` is on. Integers are unsigned.
 */
export interface Header {
  readonly parentHash: Hash
  readonly ommersHash: Hash
  readonly coinbase: Address
  readonly stateRoot: Hash
  readonly transactionsRoot: Hash
  readonly receiptsRoot: Hash
  /** 256 bytes. */
  readonly logsBloom: Uint8Array
  readonly difficulty: bigint
  readonly number: bigint
  readonly gasLimit: bigint
  readonly gasUsed: bigint
  /** Seconds. */
  readonly timestamp: bigint
  readonly extraData: Uint8Array
  /** prevRandao after the Merge (EIP-4399), and under every engine of a devnet. */
  readonly mixHash: Hash
  /** 8 bytes. */
  readonly nonce: Uint8Array
  /** London (EIP-1559). */
  readonly baseFeePerGas?: bigint | undefined
  /** Shanghai (EIP-4895). */
  readonly withdrawalsRoot?: Hash | undefined
  /** Cancun (EIP-4844). */
  readonly blobGasUsed?: bigint | undefined
  readonly excessBlobGas?: bigint | undefined
  /** Cancun (EIP-4788). */
  readonly parentBeaconBlockRoot?: Hash | undefined
  /** Prague (EIP-7685). */
  readonly requestsHash?: Hash | undefined
  /** keccak256 of the RLP of the block access list (EIP-7928); with `pavm.plan` only. */
  readonly blockAccessListHash?: Hash | undefined
  /** Encoded plan (`primitives/plan.ts`); with `pavm.plan` only. */
  readonly plan?: Uint8Array | undefined
}

type HeaderRow = FieldRow<keyof Header>

const ETHEREUM_ROWS: readonly HeaderRow[] = fieldRows('header', {
  parentHash: hash,
  ommersHash: hash,
  coinbase: address,
  stateRoot: hash,
  transactionsRoot: hash,
  receiptsRoot: hash,
  logsBloom: fixedBytes(256),
  difficulty: uint256,
  number: uint64,
  gasLimit: uint64,
  gasUsed: uint64,
  timestamp: uint64,
  extraData: byteString,
  mixHash: hash,
  nonce: fixedBytes(8),
  baseFeePerGas: uint256,
  withdrawalsRoot: hash,
  blobGasUsed: uint64,
  excessBlobGas: uint64,
  parentBeaconBlockRoot: hash,
  requestsHash: hash,
})

const PLAN_ROWS: readonly HeaderRow[] = fieldRows('header', { blockAccessListHash: hash, plan: byteString })

/** Ethereum's field counts: Frontier, London, Shanghai, Cancun, Prague. */
const ETHEREUM_COUNTS = [15, 16, 17, 20, 21]
/** The plan's two fields come with Cancun or later, so that a count never means two things. */
const PLAN_COUNTS = [20, 21]

/** The fields by number of items: what a header has follows from how long it is. */
const ROWS_BY_COUNT: ReadonlyMap<number, readonly HeaderRow[]> = new Map([
  ...ETHEREUM_COUNTS.map((count) => [count, ETHEREUM_ROWS.slice(0, count)] as const),
  ...PLAN_COUNTS.map((count) => [count + PLAN_ROWS.length, [...ETHEREUM_ROWS.slice(0, count), ...PLAN_ROWS]] as const),
])

const ALL_ROWS = [...ETHEREUM_ROWS, ...PLAN_ROWS]

/** Throws Error when the fields present are of no hardfork: a header made by us is wrong, not one from outside. */
export function headerToRlpItem(header: Header): RlpInput {
  const present = ALL_ROWS.filter(({ key }) => header[key] !== undefined)
  const rows = ROWS_BY_COUNT.get(present.length)
  if (rows === undefined || rows.some((row, index) => row !== present[index])) {
    throw new Error(`header: no hardfork has exactly ${present.map(({ key }) => key).join(', ')}`)
  }
  return encodeRows(rows, header)
}

/** Reads a header, whatever field it stands in. */
export const readHeader: Read<Header> = (cursor, outerEnd) => {
  const end = cursor.list(outerEnd, 'header')
  const count = cursor.countTo(end)
  const rows = ROWS_BY_COUNT.get(count)
  if (rows === undefined) {
    const details = { problem: 'count', field: 'header', actual: count } as const
    throw new DecodeError(`header: no hardfork has ${count} fields`, details)
  }
  return readRows(rows, cursor, end) as Header
}

export function encodeHeader(header: Header): Uint8Array {
  return encodeRlp(headerToRlpItem(header))
}

/** Throws DecodeError. */
export function decodeHeader(bytes: Uint8Array): Header {
  return new RlpCursor(bytes).whole(readHeader, 'header')
}

/** The block's hash. */
export function headerHash(header: Header): Hash {
  return keccak256Hex(encodeHeader(header))
}

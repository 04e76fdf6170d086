import { DecodeError } from './errors.ts'
import { type Address, bytesToHex, type Hash } from './hex.ts'
import { encodeRlp } from './rlp.ts'
import {
  address,
  byteString,
  type Codec,
  encodeRows,
  fieldRows,
  fixedBytes,
  hash,
  list,
  readRows,
  record,
  uint64,
} from './rlp-codec.ts'
import { EMPTY_STRING, LIST_OFFSET, ownedBytes, type Read, RlpCursor, wrongCount } from './rlp-cursor.ts'

/** An event a contract emitted: up to four 32-byte topics. */
export interface Log {
  readonly address: Address
  readonly topics: readonly Hash[]
  readonly data: Uint8Array
}

/**
 * The consensus part of a receipt. RLP: [status or root, cumulativeGasUsed, bloom, logs, operationsHash (plan on)],
 * behind the transaction's type byte when that is not 0.
 */
export interface Receipt {
  readonly type: 0 | 1 | 2 | 3 | 4
  /** `true` on success (EIP-658); before Byzantium the state root after the transaction. */
  readonly status: boolean | Hash
  readonly cumulativeGasUsed: bigint
  /** 256 bytes. */
  readonly logsBloom: Uint8Array
  readonly logs: readonly Log[]
  readonly operationsHash?: Hash | undefined
}

export const logCodec = record<Log>('log', { address, topics: list(hash, 4), data: byteString })

/** 1 and no bytes stand for success and failure (EIP-658), 32 bytes for a state root. */
const status: Codec<boolean | Hash> = {
  encode: (value) => (typeof value === 'boolean' ? uint64.encode(value ? 1n : 0n) : hash.encode(value)),
  decode(cursor, end, field) {
    if (cursor.skipIf(end, 1)) return true
    if (cursor.skipIf(end, EMPTY_STRING)) return false
    const root = cursor.bytes(end, field)
    if (root.length !== 32) throw new DecodeError(`${field}: neither status nor state root`)
    return bytesToHex(root)
  },
}

const receiptFields = { status, cumulativeGasUsed: uint64, logsBloom: fixedBytes(256), logs: list(logCodec) }
const PLAIN_ROWS = fieldRows('receipt', receiptFields)
const RECORDED_ROWS = fieldRows('receipt', { ...receiptFields, operationsHash: hash })

/** Encodings that were made or met: each is asked for by the root and the disk. */
const encodings = new WeakMap<Receipt, Uint8Array>()

/** Consensus form (EIP-2718): what the receipts trie holds. Remembered, so not to be written to. */
export function encodeReceipt(receipt: Receipt): Uint8Array {
  let bytes = encodings.get(receipt)
  if (bytes === undefined) {
    bytes = encode(receipt)
    encodings.set(receipt, bytes)
  }
  return bytes
}

function encode(receipt: Receipt): Uint8Array {
  const payload = encodeRows(receipt.operationsHash === undefined ? PLAIN_ROWS : RECORDED_ROWS, receipt)
  return receipt.type === 0 ? encodeRlp(payload) : encodeRlp(payload, receipt.type)
}

/** By type. */
const FIELD_READERS = ([0, 1, 2, 3, 4] as const).map(
  (type): Read<Receipt> =>
    (cursor, outerEnd, field) => {
      const end = cursor.list(outerEnd, field)
      const count = cursor.countTo(end)
      const rows = count === RECORDED_ROWS.length ? RECORDED_ROWS : PLAIN_ROWS
      if (count !== rows.length) throw wrongCount(field, rows.length, count)
      return readRows(rows, cursor, end, { type }) as Receipt
    },
)

/**
 * Throws DecodeError. Keeps the bytes, which are not to be written to, and byte strings are windows on them; a copy where
 * they are a window themselves.
 */
export function decodeReceipt(bytes: Uint8Array): Receipt {
  const first = bytes[0]
  if (first === undefined) throw new DecodeError('receipt: empty')
  const type = first >= LIST_OFFSET ? 0 : first
  const read = FIELD_READERS[type]
  if (read === undefined || first === 0) throw new DecodeError(`receipt: unknown type ${first}`)
  const kept = ownedBytes(bytes)
  // A block's gas bounds the logs of a receipt, and one of a large block has more items than a message may.
  const cursor = new RlpCursor(kept, { maxItems: kept.length, areKept: true })
  if (type !== 0) cursor.offset = 1
  const receipt = cursor.whole(read, 'receipt')
  encodings.set(receipt, kept)
  return receipt
}

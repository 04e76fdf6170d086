import { DecodeError } from './errors.ts'
import type { Address, Hash } from './hex.ts'
import { asBytes, asList, decodeRlp, encodeRlp, type RlpItem } from './rlp.ts'
import { address, byteString, type Codec, fixedBytes, hash, list, record, uint64 } from './rlp-codec.ts'

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
  decode(item, field) {
    const bytes = asBytes(item, field)
    if (bytes.length === 32) return hash.decode(bytes, field)
    if (bytes.length > 1 || (bytes.length === 1 && bytes[0] !== 1))
      throw new DecodeError(`${field}: neither status nor state root`)
    return bytes.length === 1
  },
}

const receiptFields = { status, cumulativeGasUsed: uint64, logsBloom: fixedBytes(256), logs: list(logCodec) }
const plainReceipt = record<Omit<Receipt, 'type' | 'operationsHash'>>('receipt', receiptFields)
const recordedReceipt = record<Required<Omit<Receipt, 'type'>>>('receipt', { ...receiptFields, operationsHash: hash })

const FIRST_LIST_BYTE = 0xc0

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

function encode({ type, ...fields }: Receipt): Uint8Array {
  const { operationsHash } = fields
  const payload =
    operationsHash === undefined ? plainReceipt.encode(fields) : recordedReceipt.encode({ ...fields, operationsHash })
  return type === 0 ? encodeRlp(payload) : encodeRlp(payload, type)
}

/** Throws DecodeError. Keeps the bytes: they are not to be written to. */
export function decodeReceipt(bytes: Uint8Array): Receipt {
  const receipt = decode(bytes)
  encodings.set(receipt, bytes)
  return receipt
}

function decode(bytes: Uint8Array): Receipt {
  const first = bytes[0]
  if (first === undefined) throw new DecodeError('receipt: empty')
  if (first >= FIRST_LIST_BYTE) return receiptFromFields(0, bytes)
  if (first !== 1 && first !== 2 && first !== 3 && first !== 4) throw new DecodeError(`receipt: unknown type ${first}`)
  return receiptFromFields(first, bytes.subarray(1))
}

function receiptFromFields(type: Receipt['type'], bytes: Uint8Array): Receipt {
  // A block's gas bounds the logs of a receipt, and one of a large block has more items than a message may.
  const items: RlpItem[] = asList(decodeRlp(bytes, { maxItems: bytes.length }), 'receipt')
  const codec = items.length === 5 ? recordedReceipt : plainReceipt
  return { type, ...codec.decode(items, 'receipt') }
}

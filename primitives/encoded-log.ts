import { DecodeError } from './errors.ts'
import type { Address, Hash } from './hex.ts'
import type { Log } from './receipt.ts'
import { LIST_OFFSET, RlpCursor, readHex } from './rlp-cursor.ts'

export const ADDRESS_BYTES = 20
export const TOPIC_BYTES = 32
export const MAX_TOPICS = 4

/** Behind a receipt's type byte, if it has one: status, cumulative gas and bloom, then the logs. */
const FIELDS_BEFORE_LOGS = 3

/** A log where it stands in the encoded receipts of its block: found in a seventh of the time that it takes to decode them. */
export class EncodedLog {
  /** Not to be written to. */
  readonly bytes: Uint8Array
  /** Offset of the address (20 bytes). */
  readonly address: number
  readonly topicCount: number
  readonly dataStart: number
  readonly dataEnd: number
  readonly transactionIndex: number
  /** Which log of the block it is. */
  readonly logIndex: number
  readonly #topics: number

  /** Reads one from the cursor, which is on `bytes`. Throws DecodeError. */
  constructor(bytes: Uint8Array, cursor: RlpCursor, outerEnd: number, transactionIndex: number, logIndex: number) {
    this.bytes = bytes
    this.transactionIndex = transactionIndex
    this.logIndex = logIndex
    const end = cursor.list(outerEnd, 'log')
    this.address = cursor.string(end, 'log.address', ADDRESS_BYTES)
    const topicsEnd = cursor.list(end, 'log.topics')
    this.#topics = cursor.offset
    let count = 0
    for (; cursor.offset < topicsEnd; count++) cursor.string(topicsEnd, 'log.topics', TOPIC_BYTES)
    if (count > MAX_TOPICS) throw new DecodeError(`log.topics: expected at most ${MAX_TOPICS} items, not ${count}`)
    this.topicCount = count
    this.dataStart = cursor.string(end, 'log.data')
    this.dataEnd = cursor.offset
    if (cursor.offset !== end) throw new DecodeError('log: more than 3 items')
  }

  get dataLength(): number {
    return this.dataEnd - this.dataStart
  }

  /** Offset of a topic (32 bytes), of which there have to be so many. */
  topicAt(position: number): number {
    // Each has one byte before it that says how long it is.
    return this.#topics + position * (1 + TOPIC_BYTES) + 1
  }

  /** `data` is a window on the bytes. */
  decode(): Log {
    const { bytes, topicCount, dataStart, dataEnd } = this
    const topics = Array.from({ length: topicCount }, (_, position) => this.topic(position))
    return { address: this.addressHex(), topics, data: bytes.subarray(dataStart, dataEnd) }
  }

  addressHex(): Address {
    return readHex(this.bytes, this.address, this.address + ADDRESS_BYTES)
  }

  topic(position: number): Hash {
    const start = this.topicAt(position)
    return readHex(this.bytes, start, start + TOPIC_BYTES)
  }
}

/** The logs of a block, in order, from the RLP list of its receipts, each in consensus form. Throws DecodeError. */
export function readLogs(receipts: Uint8Array): EncodedLog[] {
  // A block's gas bounds its logs.
  const cursor = new RlpCursor(receipts, { maxItems: receipts.length })
  const end = cursor.list(receipts.length, 'receipts')
  const logs: EncodedLog[] = []
  for (let transactionIndex = 0; cursor.offset < end; transactionIndex++) {
    const start = cursor.string(end, 'receipt')
    const next = cursor.offset
    cursor.offset = start + (receipts[start]! < LIST_OFFSET ? 1 : 0)
    const fieldsEnd = cursor.list(next, 'receipt')
    for (let field = 0; field < FIELDS_BEFORE_LOGS; field++) cursor.skip(fieldsEnd)
    const logsEnd = cursor.list(fieldsEnd, 'receipt.logs')
    while (cursor.offset < logsEnd) {
      logs.push(new EncodedLog(receipts, cursor, logsEnd, transactionIndex, logs.length))
    }
    cursor.offset = next
  }
  return logs
}

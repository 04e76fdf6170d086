import { type Address, bytesToHash, type Hash } from '../../primitives/hex.ts'
import type { Log } from '../../primitives/receipt.ts'
import { LOG, LOG_HEADER_BYTES, REGION, TOPIC_BYTES } from './linear-memory.ts'

export const MAX_TOPICS = 4

/** No log ends behind it: there is room for four topics, which WebAssembly copies however many there are. */
export const LOGS_LIMIT: number = REGION.code - MAX_TOPICS * TOPIC_BYTES

/** Bytes with a view on them. */
export interface RecordBytes {
  readonly bytes: Uint8Array
  readonly view: DataView
}

export interface LogRecord {
  /** Number in state memory. */
  readonly account: number
  /** One after the other. */
  readonly topics: Uint8Array
  readonly data: Uint8Array
}

export function logRecordBytes({ topics, data }: LogRecord): number {
  return LOG_HEADER_BYTES + topics.length + data.length
}

export function writeLogRecord({ bytes, view }: RecordBytes, position: number, record: LogRecord): void {
  const { account, topics, data } = record
  view.setUint32(position + LOG.account, account, true)
  view.setUint32(position + LOG.topics, topics.length / TOPIC_BYTES, true)
  view.setUint32(position + LOG.length, data.length, true)
  bytes.set(topics, position + LOG_HEADER_BYTES)
  bytes.set(data, position + LOG_HEADER_BYTES + topics.length)
}

/** Appends the logs between two positions. */
export function readLogRecords(
  { bytes, view }: RecordBytes,
  [start, end]: readonly [number, number],
  addressOf: (account: number) => Address,
  logs: Log[],
): void {
  for (let position = start; position < end; ) {
    const address = addressOf(view.getUint32(position + LOG.account, true))
    const topicsEnd = position + LOG_HEADER_BYTES + TOPIC_BYTES * view.getUint32(position + LOG.topics, true)
    const dataEnd = topicsEnd + view.getUint32(position + LOG.length, true)
    const topics: Hash[] = []
    for (let at = position + LOG_HEADER_BYTES; at < topicsEnd; at += TOPIC_BYTES) {
      topics.push(bytesToHash(bytes.subarray(at, at + TOPIC_BYTES)))
    }
    logs.push({ address, topics, data: bytes.slice(topicsEnd, dataEnd) })
    position = dataEnd
  }
}

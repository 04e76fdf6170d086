import { bytesToBigint } from './bytes.ts'
import { DecodeError } from './errors.ts'
import { bytesToHex, type Hex } from './hex.ts'
import {
  copyBytes,
  DEFAULT_MAX_ITEMS,
  LIST_OFFSET,
  longLength,
  malformedRlp,
  SHORT_LENGTH,
  STRING_OFFSET,
} from './rlp.ts'

/**
 * Reads RLP item by item where it stands, for formats that are large: a tree of items takes as long to make as everything
 * else. As strict as `decodeRlp`, and all methods throw DecodeError naming the field. Each item has to end where the list
 * around it does or before: that is the `end` of the methods.
 */
export class RlpCursor {
  readonly #bytes: Uint8Array
  /** Where the next item begins. */
  offset = 0
  #itemsLeft = DEFAULT_MAX_ITEMS
  /** Payload of the item whose prefix was read last. */
  #start = 0
  #end = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** Enters a list; returns where it ends. */
  list(end: number, field: string): number {
    this.#count()
    if (!this.#prefix(end)) throw new DecodeError(`${field}: expected a list`, { problem: 'kind', field })
    this.offset = this.#start
    return this.#end
  }

  /** Enters a list that has to have that many items. */
  record(end: number, field: string, count: number): number {
    const listEnd = this.list(end, field)
    const { offset } = this
    let actual = 0
    for (; this.offset < listEnd; actual++) this.#skip(listEnd)
    this.offset = offset
    if (actual !== count) {
      const details = { problem: 'count', field, expected: count, actual } as const
      throw new DecodeError(`${field}: expected ${count} items, not ${actual}`, details)
    }
    return listEnd
  }

  /** A copy. */
  bytes(end: number, field: string): Uint8Array {
    this.#string(end, field)
    return copyBytes(this.#bytes, this.#start, this.#end)
  }

  /** A byte string of that length. */
  hex(end: number, field: string, length: number): Hex {
    const bytes = this.bytes(end, field)
    if (bytes.length !== length) {
      const details = { problem: 'length', field, expected: length, actual: bytes.length } as const
      throw new DecodeError(`${field}: expected ${length} bytes, not ${bytes.length}`, details)
    }
    return bytesToHex(bytes)
  }

  /** An unsigned integer of at most that many bytes, without leading zeros. */
  uint(end: number, field: string, maxBytes: number): bigint {
    this.#string(end, field)
    const start = this.#start
    const length = this.#end - start
    if (length === 0) return 0n
    if (this.#bytes[start] === 0) {
      throw new DecodeError(`${field}: integer with leading zeros`, { problem: 'leading-zeros', field })
    }
    if (length > maxBytes) {
      const details = { problem: 'overflow', field } as const
      throw new DecodeError(`${field}: expected at most ${maxBytes} bytes, not ${length}`, details)
    }
    return bytesToBigint(this.#bytes, start, this.#end)
  }

  #string(end: number, field: string): void {
    this.#count()
    if (this.#prefix(end)) throw new DecodeError(`${field}: expected a byte string`, { problem: 'kind', field })
    this.offset = this.#end
  }

  #count(): void {
    if (this.#itemsLeft-- === 0) throw malformedRlp('too many items')
  }

  #skip(end: number): void {
    this.#prefix(end)
    this.offset = this.#end
  }

  /** Reads the prefix at the offset. Returns whether it is that of a list. */
  #prefix(end: number): boolean {
    const { offset } = this
    const bytes = this.#bytes
    if (offset >= end) throw malformedRlp('input ends early')
    const first = bytes[offset]!
    if (first < STRING_OFFSET) {
      this.#start = offset
      this.#end = offset + 1
      return false
    }
    const isList = first >= LIST_OFFSET
    const short = first - (isList ? LIST_OFFSET : STRING_OFFSET)
    const start = offset + 1 + Math.max(0, short - SHORT_LENGTH)
    const payloadEnd = start + (short <= SHORT_LENGTH ? short : longLength(bytes, offset + 1, start))
    if (payloadEnd > end) throw malformedRlp('input ends early')
    if (!isList && short === 1 && bytes[start]! < STRING_OFFSET) throw malformedRlp('a small byte has a prefix')
    this.#start = start
    this.#end = payloadEnd
    return isList
  }
}

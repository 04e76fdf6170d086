import { RLP } from '@ethereumjs/rlp'
import { bytesToBigint } from './bytes.ts'
import { DecodeError } from './errors.ts'

/** A byte string or a list of items (Yellow Paper, App. B). */
export type RlpItem = Uint8Array | RlpItem[]

/** What a decoder accepts of input it did not write itself. */
export interface RlpLimits {
  /** Nesting of lists: [] is 1 deep. Ethereum's deepest structure, a block with its access list, is 7 deep. */
  readonly maxDepth?: number
  /** Byte strings and lists in all: each costs about 100 bytes of heap, however short it is on the wire. */
  readonly maxItems?: number
}

const DEFAULT_MAX_DEPTH = 16
const DEFAULT_MAX_ITEMS = 1 << 19

/** First bytes from here on begin a byte string, and from the second on a list; below both, a single byte. */
const STRING_OFFSET = 0x80
const LIST_OFFSET = 0xc0
/** Longest payload whose length stands in the first byte. */
const SHORT_LENGTH = 55

export function encodeRlp(item: RlpItem): Uint8Array {
  return RLP.encode(item)
}

/**
 * Decodes one item that fills `bytes`. Only the canonical encoding is accepted, so `encodeRlp(decodeRlp(x))` is `x`.
 * Byte strings are copies: a window would keep the whole message alive, and cloning it to a thread would copy it all.
 * Throws DecodeError.
 */
export function decodeRlp(bytes: Uint8Array, limits: RlpLimits = {}): RlpItem {
  // A Buffer's `slice` is a window; that of a plain array is a copy.
  const input = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  checkBounds(input, limits)
  try {
    return RLP.decode(input) as RlpItem
  } catch (error) {
    throw malformedRlp(error instanceof Error ? error.message : String(error))
  }
}

/**
 * Walks the prefixes alone, since the library bounds neither depth nor items before it allocates them. Whether a prefix is
 * canonical is left to the library. Throws DecodeError.
 */
function checkBounds(bytes: Uint8Array, limits: RlpLimits): void {
  const { maxDepth = DEFAULT_MAX_DEPTH, maxItems = DEFAULT_MAX_ITEMS } = limits
  /** Where each open list ends, the innermost last. */
  const ends: number[] = []
  let itemsLeft = maxItems
  let offset = 0
  do {
    const end = ends.at(-1) ?? bytes.length
    if (offset >= end) throw malformedRlp('input ends early')
    if (itemsLeft-- === 0) throw malformedRlp('too many items')
    const first = bytes[offset]!
    if (first < STRING_OFFSET) {
      offset++
    } else {
      const start = payloadStart(first, offset)
      const payloadEnd = start + payloadLength(bytes, first, offset)
      if (payloadEnd > end) throw malformedRlp('input ends early')
      offset = first < LIST_OFFSET ? payloadEnd : start
      if (first >= LIST_OFFSET && ends.push(payloadEnd) > maxDepth) throw malformedRlp('lists nested too deep')
    }
    while (ends.at(-1) === offset) ends.pop()
  } while (ends.length > 0)
  if (offset !== bytes.length) throw malformedRlp(`${bytes.length - offset} bytes too many`)
}

/** Bytes that hold the length of a long payload; 0 where the first byte holds it. */
function lengthSize(first: number): number {
  const short = first - (first < LIST_OFFSET ? STRING_OFFSET : LIST_OFFSET)
  return Math.max(0, short - SHORT_LENGTH)
}

function payloadStart(first: number, offset: number): number {
  return offset + 1 + lengthSize(first)
}

function payloadLength(bytes: Uint8Array, first: number, offset: number): number {
  const size = lengthSize(first)
  if (size === 0) return first - (first < LIST_OFFSET ? STRING_OFFSET : LIST_OFFSET)
  let length = 0
  for (let index = 1; index <= size; index++) length = length * 256 + (bytes[offset + index] ?? 0)
  return length
}

function malformedRlp(reason: string): DecodeError {
  return new DecodeError(`RLP: ${reason}`, { problem: 'rlp' })
}

/** The item as a list, of exactly `length` items if given. Throws DecodeError naming the field. */
export function asList(item: RlpItem | undefined, field: string, length?: number): RlpItem[] {
  if (!Array.isArray(item)) throw new DecodeError(`${field}: expected a list`, { problem: 'kind', field })
  if (length !== undefined && item.length !== length) {
    const details = { problem: 'count', field, expected: length, actual: item.length } as const
    throw new DecodeError(`${field}: expected ${length} items, not ${item.length}`, details)
  }
  return item
}

/** The item as a byte string, of exactly `length` bytes if given. Throws DecodeError naming the field. */
export function asBytes(item: RlpItem | undefined, field: string, length?: number): Uint8Array {
  if (!(item instanceof Uint8Array)) {
    throw new DecodeError(`${field}: expected a byte string`, { problem: 'kind', field })
  }
  if (length !== undefined && item.length !== length) {
    const details = { problem: 'length', field, expected: length, actual: item.length } as const
    throw new DecodeError(`${field}: expected ${length} bytes, not ${item.length}`, details)
  }
  return item
}

/** The item as an unsigned integer of at most `maxBytes` bytes, without leading zeros. Throws DecodeError naming the field. */
export function asUint(item: RlpItem | undefined, field: string, maxBytes: number): bigint {
  const bytes = asBytes(item, field)
  if (bytes[0] === 0) {
    throw new DecodeError(`${field}: integer with leading zeros`, { problem: 'leading-zeros', field })
  }
  if (bytes.length > maxBytes) {
    const details = { problem: 'overflow', field } as const
    throw new DecodeError(`${field}: expected at most ${maxBytes} bytes, not ${bytes.length}`, details)
  }
  return bytesToBigint(bytes)
}

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

const STRING_OFFSET = 0x80
const LIST_OFFSET = 0xc0
/** Longest payload whose length stands in the first byte. */
const SHORT_LENGTH = 55

export function encodeRlp(item: RlpItem): Uint8Array {
  const listLengths: number[] = []
  const bytes = new Uint8Array(measure(item, listLengths))
  write(item, { bytes, offset: 0, listLengths, nextList: 0 })
  return bytes
}

interface Output {
  readonly bytes: Uint8Array
  offset: number
  /** Payload length of every list in the order in which lists open, so that no list is measured twice. */
  readonly listLengths: readonly number[]
  nextList: number
}

function measure(item: RlpItem, listLengths: number[]): number {
  if (!Array.isArray(item)) {
    return item.length === 1 && item[0]! < STRING_OFFSET ? 1 : prefixLength(item.length) + item.length
  }
  const position = listLengths.push(0) - 1
  let length = 0
  for (const child of item) length += measure(child, listLengths)
  listLengths[position] = length
  return prefixLength(length) + length
}

function prefixLength(length: number): number {
  return length <= SHORT_LENGTH ? 1 : 1 + lengthBytes(length)
}

function lengthBytes(length: number): number {
  return length < 0x100 ? 1 : length < 0x10000 ? 2 : length < 0x1000000 ? 3 : 4
}

function write(item: RlpItem, output: Output): void {
  if (Array.isArray(item)) {
    writePrefix(output.listLengths[output.nextList++]!, LIST_OFFSET, output)
    for (const child of item) write(child, output)
    return
  }
  if (item.length !== 1 || item[0]! >= STRING_OFFSET) writePrefix(item.length, STRING_OFFSET, output)
  output.bytes.set(item, output.offset)
  output.offset += item.length
}

function writePrefix(length: number, offset: number, output: Output): void {
  if (length <= SHORT_LENGTH) {
    output.bytes[output.offset++] = offset + length
    return
  }
  const size = lengthBytes(length)
  output.bytes[output.offset++] = offset + SHORT_LENGTH + size
  for (let shift = (size - 1) * 8; shift >= 0; shift -= 8) output.bytes[output.offset++] = (length >>> shift) & 0xff
}

/**
 * Decodes one item that fills `bytes`. Only the canonical encoding is accepted, so `encodeRlp(decodeRlp(x))` is `x`.
 * Written here, since no library at hand bounds depth and items, which takes as much code as decoding does, and
 * @ethereumjs/rlp copies every list once per level; the tests compare with it.
 * Byte strings are copies: a window would keep the whole message alive, and cloning it to a thread would copy it all.
 * Throws DecodeError.
 */
export function decodeRlp(bytes: Uint8Array, limits: RlpLimits = {}): RlpItem {
  const input: Input = {
    // A Buffer's `slice` is a window; that of a plain array is a copy.
    bytes: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length),
    offset: 0,
    itemsLeft: limits.maxItems ?? DEFAULT_MAX_ITEMS,
    depthLeft: limits.maxDepth ?? DEFAULT_MAX_DEPTH,
  }
  const item = readItem(input, bytes.length)
  if (input.offset !== bytes.length) throw new DecodeError(`RLP: ${bytes.length - input.offset} bytes too many`)
  return item
}

interface Input {
  readonly bytes: Uint8Array
  offset: number
  itemsLeft: number
  depthLeft: number
}

function readItem(input: Input, end: number): RlpItem {
  if (input.offset >= end) throw new DecodeError('RLP: input ends early')
  if (input.itemsLeft-- === 0) throw new DecodeError('RLP: too many items')
  const first = input.bytes[input.offset]!
  if (first < STRING_OFFSET) return input.bytes.slice(input.offset, ++input.offset)
  input.offset++
  return first < LIST_OFFSET ? readString(input, first, end) : readList(input, first, end)
}

function readString(input: Input, first: number, end: number): Uint8Array {
  const length = readLength(input, first - STRING_OFFSET, end)
  const start = input.offset
  input.offset += length
  if (length === 1 && input.bytes[start]! < STRING_OFFSET)
    throw new DecodeError('RLP: needless prefix of a single byte')
  return input.bytes.slice(start, input.offset)
}

function readList(input: Input, first: number, end: number): RlpItem[] {
  if (input.depthLeft-- === 0) throw new DecodeError('RLP: lists nested too deep')
  const listEnd = readLength(input, first - LIST_OFFSET, end) + input.offset
  const items: RlpItem[] = []
  while (input.offset < listEnd) items.push(readItem(input, listEnd))
  input.depthLeft++
  return items
}

/** Payload length from the low bits of the first byte and, for long ones, the bytes after it; checked against `end`. */
function readLength(input: Input, short: number, end: number): number {
  let length = short
  if (short > SHORT_LENGTH) {
    const size = short - SHORT_LENGTH
    if (input.bytes[input.offset] === 0) throw new DecodeError('RLP: length with leading zeros')
    length = 0
    for (let index = 0; index < size; index++) {
      if (input.offset >= end) throw new DecodeError('RLP: input ends early')
      length = length * 256 + input.bytes[input.offset++]!
    }
    if (length <= SHORT_LENGTH) throw new DecodeError('RLP: long form of a short length')
  }
  if (length > end - input.offset) throw new DecodeError('RLP: input ends early')
  return length
}

/** The item as a list, of exactly `length` items if given. Throws DecodeError naming the field. */
export function asList(item: RlpItem | undefined, field: string, length?: number): RlpItem[] {
  if (!Array.isArray(item)) throw new DecodeError(`${field}: expected a list`)
  if (length !== undefined && item.length !== length) {
    throw new DecodeError(`${field}: expected ${length} items, not ${item.length}`)
  }
  return item
}

/** The item as a byte string, of exactly `length` bytes if given. Throws DecodeError naming the field. */
export function asBytes(item: RlpItem | undefined, field: string, length?: number): Uint8Array {
  if (!(item instanceof Uint8Array)) throw new DecodeError(`${field}: expected a byte string`)
  if (length !== undefined && item.length !== length) {
    throw new DecodeError(`${field}: expected ${length} bytes, not ${item.length}`)
  }
  return item
}

/** The item as an unsigned integer of at most `maxBytes` bytes, without leading zeros. Throws DecodeError naming the field. */
export function asUint(item: RlpItem | undefined, field: string, maxBytes: number): bigint {
  const bytes = asBytes(item, field)
  if (bytes.length > maxBytes)
    throw new DecodeError(`${field}: expected at most ${maxBytes} bytes, not ${bytes.length}`)
  if (bytes[0] === 0) throw new DecodeError(`${field}: integer with leading zeros`)
  return bytesToBigint(bytes)
}

/**
 * Reading nodes where they stand, as the RLP that their hash is of: decoding a branch into objects takes longer than hashing
 * it. Only for nodes that a hash vouches for, since nothing is checked.
 */

/** What stands for no child and for no value: RLP of no bytes. */
export const NOTHING = 0x80

/** What a hash begins with where it stands for a child: RLP of 32 bytes. */
export const HASH_PREFIX = 0xa0
export const HASH_BYTES = 32
/** A hash as a child, in bytes. */
export const HASH_REFERENCE_BYTES: number = 1 + HASH_BYTES

const LIST = 0xc0
/** Longest payload whose length stands in the first byte. */
const SHORT = 55

/** Where the payload of the RLP item at `at` begins. */
export function payloadStart(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!
  if (first < NOTHING) return at
  const short = first - (first < LIST ? NOTHING : LIST)
  return at + 1 + Math.max(0, short - SHORT)
}

/** Where the RLP item at `at` ends. */
export function itemEnd(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!
  if (first < NOTHING) return at + 1
  const short = first - (first < LIST ? NOTHING : LIST)
  if (short <= SHORT) return at + 1 + short
  const start = at + 1 + short - SHORT
  let length = 0
  for (let index = at + 1; index < start; index++) length = length * 256 + bytes[index]!
  return start + length
}

/** Bytes that RLP puts before a payload of that length, of more than one byte or a list. */
export function headerLength(payload: number): number {
  if (payload <= SHORT) return 1
  if (payload < 0x100) return 2
  if (payload < 0x1_0000) return 3
  return payload < 0x100_0000 ? 4 : 5
}

/** Writes what RLP puts before a payload: `NOTHING` for bytes, `LIST_OFFSET` for a list. Returns where it ends. */
export function writeHeader(target: Uint8Array, offset: number, payload: number, kind: number): number {
  const bytes = headerLength(payload)
  let at = offset
  if (bytes === 1) {
    target[at++] = kind + payload
    return at
  }
  target[at++] = kind + SHORT + bytes - 1
  for (let shift = 8 * (bytes - 2); shift >= 0; shift -= 8) target[at++] = (payload >>> shift) & 0xff
  return at
}

export const LIST_OFFSET: number = LIST

/** Bytes of RLP of a byte string. */
export function stringLength(bytes: Uint8Array): number {
  if (bytes.length === 1 && bytes[0]! < NOTHING) return 1
  return headerLength(bytes.length) + bytes.length
}

/** Writes RLP of a byte string. Returns where it ends. */
export function writeString(target: Uint8Array, offset: number, bytes: Uint8Array): number {
  if (bytes.length === 1 && bytes[0]! < NOTHING) {
    target[offset] = bytes[0]!
    return offset + 1
  }
  return copyBytes(target, writeHeader(target, offset, bytes.length, NOTHING), bytes, 0, bytes.length)
}

/** From where on a window and a copy of it take less time than a loop. */
const LOOP_BYTES = 80

/** Copies bytes `[start, end)` of one array to another. Returns where they end there. */
export function copyBytes(target: Uint8Array, offset: number, source: Uint8Array, start: number, end: number): number {
  if (end - start > LOOP_BYTES) target.set(source.subarray(start, end), offset)
  else for (let index = start, at = offset; index < end; index++, at++) target[at] = source[index]!
  return offset + end - start
}

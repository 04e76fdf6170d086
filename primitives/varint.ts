import { DecodeError } from './errors.ts'

/** A place in bytes being read; reading moves it on. */
export interface Cursor {
  readonly bytes: Uint8Array
  offset: number
}

/** Seven groups of 7 bits fit a double exactly; only longer ones need bigint arithmetic. */
const EXACT_GROUPS = 7
/** A 64-bit value takes at most ten groups of 7 bits. */
const MAX_GROUPS = 10
const UINT64_MAX = (1n << 64n) - 1n

/** Appends an unsigned integer below 2^64 as LEB128: 7 bits a byte, lowest first, high bit set on all but the last. */
export function writeVarint(output: number[], value: bigint | number): void {
  const number = Number(value)
  if (number >= 0 && (number | 0) === number) {
    writeInt32(output, number)
    return
  }
  let rest = BigInt(value)
  if (rest < 0n || rest > UINT64_MAX) throw new RangeError(`${value} is not an unsigned 64-bit integer`)
  while (rest >= 0x80n) {
    output.push(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  output.push(Number(rest))
}

/** Below 2^31, as nearly all that is ever written: half the time that bigints take. */
function writeInt32(output: number[], value: number): void {
  let rest = value
  while (rest >= 0x80) {
    output.push((rest & 0x7f) | 0x80)
    rest >>= 7
  }
  output.push(rest)
}

/** Reads an unsigned LEB128 integer below 2^64. Throws DecodeError naming the field unless it is in its shortest form. */
export function readVarint(cursor: Cursor, field: string): bigint {
  let low = 0
  let high = 0n
  for (let group = 0; group < MAX_GROUPS; group++) {
    const byte = cursor.bytes[cursor.offset++]
    if (byte === undefined) throw new DecodeError(`${field}: input ends early`)
    if (group < EXACT_GROUPS) low += (byte & 0x7f) * 2 ** (7 * group)
    else high |= BigInt(byte & 0x7f) << BigInt(7 * group)
    if (byte < 0x80) {
      if (byte === 0 && group > 0) throw new DecodeError(`${field}: varint not in its shortest form`)
      const value = BigInt(low) + high
      if (value > UINT64_MAX) break
      return value
    }
  }
  throw new DecodeError(`${field}: varint above 64 bits`)
}

/** Reads a varint that counts or numbers something: at most `max`, which is a safe integer. Throws DecodeError. */
export function readCount(cursor: Cursor, field: string, max: number): number {
  const value = Number(readVarint(cursor, field))
  if (value > max) throw new DecodeError(`${field}: ${value} is above ${max}`)
  return value
}

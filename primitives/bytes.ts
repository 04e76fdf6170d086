export const EMPTY_BYTES: Uint8Array = new Uint8Array(0)

/** The parts one after another, in a new array. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const bytes = new Uint8Array(length)
  let offset = 0
  for (const part of parts) {
    bytes.set(part, offset)
    offset += part.length
  }
  return bytes
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0
}

/** Lexicographic: negative when `a` comes first, 0 when equal, positive when `b` does. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b)
}

/** Bytes up to this many fit a double exactly, which is several times faster than going through text. */
const EXACT_NUMBER_BYTES = 6

/** Big-endian unsigned integer; 0n for no bytes. */
export function bytesToBigint(bytes: Uint8Array): bigint {
  if (bytes.length > EXACT_NUMBER_BYTES) {
    return BigInt(`0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')}`)
  }
  let value = 0
  for (const byte of bytes) value = value * 256 + byte
  return BigInt(value)
}

/** Big-endian in exactly `length` bytes. Throws RangeError when the value is negative or does not fit. */
export function bigintToBytes(value: bigint, length: number): Uint8Array {
  const digits = value.toString(16)
  const isTooLong = digits.length > length * 2 && value !== 0n
  if (value < 0n || isTooLong) throw new RangeError(`${value} does not fit ${length} bytes`)
  const bytes = new Uint8Array(length)
  Buffer.from(bytes.buffer).write(digits.padStart(length * 2, '0'), 'hex')
  return bytes
}

/** Big-endian without leading zero bytes: no bytes for 0n (the Yellow Paper's BE). Throws RangeError when negative. */
export function bigintToMinimalBytes(value: bigint): Uint8Array {
  if (value === 0n) return new Uint8Array(0)
  return bigintToBytes(value, Math.ceil(value.toString(16).length / 2))
}

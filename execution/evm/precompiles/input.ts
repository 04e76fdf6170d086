import { bytesToBigint, EMPTY_BYTES } from '../../../primitives/bytes.ts'

/** `length` bytes of the input from `offset` on, with zeros past its end. */
export function readInput(input: Uint8Array, offset: number, length: number): Uint8Array {
  if (offset + length <= input.length) return input.subarray(offset, offset + length)
  const bytes = new Uint8Array(length)
  if (offset < input.length) bytes.set(input.subarray(offset))
  return bytes
}

/** The same as a big-endian integer. */
export function readInteger(input: Uint8Array, offset: number, length: number): bigint {
  return bytesToBigint(length === 0 ? EMPTY_BYTES : readInput(input, offset, length))
}

/** 32-byte words that the input takes, the last one perhaps in part. */
export function inputWords(input: Uint8Array): bigint {
  return BigInt(Math.ceil(input.length / 32))
}

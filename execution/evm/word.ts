/** EVM words: unsigned 256-bit integers as bigint. */
export const WORD_BITS = 256
export const WORD_BYTES = 32
export const MAX_WORD = (1n << 256n) - 1n

/** Modulo 2^256: how every result that may leave the range comes back into it. */
export function wrap(value: bigint): bigint {
  return BigInt.asUintN(WORD_BITS, value)
}

/** The word read as two's complement. */
export function toSigned(word: bigint): bigint {
  return BigInt.asIntN(WORD_BITS, word)
}

/** 32-byte words needed to hold `bytes` bytes. */
export function wordCount(bytes: bigint): bigint {
  return (bytes + 31n) >> 5n
}

/** Significant bits; 0 for 0n. */
export function bitLength(word: bigint): number {
  return word === 0n ? 0 : word.toString(2).length
}

/** Significant bytes; 0 for 0n. */
export function byteLength(word: bigint): number {
  return word === 0n ? 0 : (word.toString(16).length + 1) >> 1
}

/** The big-endian word at `offset`, which lies wholly inside the view. */
export function loadWord(view: DataView, offset: number): bigint {
  // Most words are small numbers: with their upper 24 bytes seen to be zero, reading takes a third of the time.
  const upperBits =
    view.getUint32(offset) |
    view.getUint32(offset + 4) |
    view.getUint32(offset + 8) |
    view.getUint32(offset + 12) |
    view.getUint32(offset + 16) |
    view.getUint32(offset + 20)
  const low = view.getBigUint64(offset + 24)
  if (upperBits === 0) return low
  const upper = (view.getBigUint64(offset) << 64n) | view.getBigUint64(offset + 8)
  return (upper << 128n) | (view.getBigUint64(offset + 16) << 64n) | low
}

/** Writes the word as 32 big-endian bytes at `offset`. */
export function storeWord(view: DataView, offset: number, word: bigint): void {
  // setBigUint64 takes its argument modulo 2^64.
  view.setBigUint64(offset + 24, word)
  view.setBigUint64(offset + 16, word >> 64n)
  view.setBigUint64(offset + 8, word >> 128n)
  view.setBigUint64(offset, word >> 192n)
}

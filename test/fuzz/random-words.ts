import type { Random } from '../support/random.ts'

const WORD_LIMIT = 1n << 256n

/** Where arithmetic goes wrong: ends of ranges and of signs, and their neighbours. */
const EDGES: readonly bigint[] = [
  0n,
  1n,
  2n,
  3n,
  31n,
  32n,
  33n,
  255n,
  256n,
  257n,
  0xffffn,
  (1n << 31n) - 1n,
  (1n << 32n) - 1n,
  1n << 32n,
  (1n << 53n) - 1n,
  1n << 53n,
  (1n << 63n) - 1n,
  1n << 63n,
  (1n << 64n) - 1n,
  1n << 64n,
  (1n << 127n) - 1n,
  (1n << 128n) - 1n,
  1n << 128n,
  (1n << 160n) - 1n,
  1n << 160n,
  (1n << 255n) - 1n,
  1n << 255n,
  (1n << 255n) + 1n,
  WORD_LIMIT - 2n,
  WORD_LIMIT - 1n,
]

/** A word, more often than not one that is likely to be treated in some special way. */
export function randomWord(random: Random): bigint {
  const kind = random.below(8)
  if (kind < 3) return random.pick(EDGES)
  if (kind < 5) return BigInt(random.below(300))
  if (kind < 6) return 1n << BigInt(random.below(256))
  if (kind < 7) return wrap((1n << BigInt(random.below(257))) - 1n - BigInt(random.below(3)))
  return randomUint(random, 1 + random.below(32))
}

/** `length` random bytes as a number. */
export function randomUint(random: Random, length: number): bigint {
  let digits = '0x0'
  for (let left = length; left > 0; left--) digits += random.below(256).toString(16).padStart(2, '0')
  return BigInt(digits)
}

export function randomBytes(random: Random, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let index = 0; index < length; index++) bytes[index] = random.below(256)
  return bytes
}

function wrap(word: bigint): bigint {
  return BigInt.asUintN(256, word)
}

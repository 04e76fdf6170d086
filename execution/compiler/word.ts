import type { Local } from '../../primitives/wasm/encoder.ts'

/** 64 bits of a word: a constant, or the local that holds them. */
export type Limb = bigint | Local

export const LIMBS = 4
const LIMB_BITS = 64
const UINT64_MAX = (1n << 64n) - 1n

/**
 * A word while code for it is being written. Where it is to be had, one or more of: constants or locals limb by limb (least
 * significant first); an i32 that is 0 or 1; two vectors of 128 bits, low one first; or a place in memory that a limb is loaded from when
 * it is first asked for.
 */
export interface Word {
  readonly limbs: (Limb | undefined)[]
  /** No bit at or above this one is set. */
  readonly bits: number
  /** It is no greater than this, where that says more than `bits`. */
  readonly most?: bigint | undefined
  /** i32: 1 or 0. */
  readonly truth?: Local
  readonly vectors?: readonly [Local, Local]
  readonly place?: Place
  /** All that it can be, where that is known and these are places in the code to jump to. */
  readonly targets?: ReadonlySet<bigint> | undefined
  /** Where the instruction is that has pushed it, if it is a constant. */
  readonly pushedAt?: number | undefined
  /** What it is the product of. */
  readonly product?: Product | undefined
  /** What it is the quotient of. */
  readonly quotient?: Quotient | undefined
  /** What it is the sum of, if that has not wrapped around. */
  readonly addends?: readonly [Word, Word] | undefined
  /** Of a truth: what it says of words. */
  readonly claim?: Claim | undefined
}

/** Of a product that has not wrapped around and one of its factors: the other one, or 0 where the divisor is 0. */
export interface Quotient {
  readonly other: Word
  readonly divisor: Word
}

/** That a word is 0; something that can only be false where it is 0; or that it is less than another one, or no more, without signs. */
export type Claim =
  | { readonly says: 'is zero' | 'holds unless zero'; readonly of: Word }
  | { readonly says: 'is less' | 'is no more'; readonly of: Word; readonly than: Word }

/** A product that has not wrapped around: always, or where an i32 is not 0. */
export interface Product {
  readonly factors: readonly [Word, Word]
  readonly isExact: Local | undefined
}

/** Memory that holds the word, least significant byte first: `base` + `offset`, 32 bytes or fewer. */
export interface Place {
  readonly base: Local
  readonly offset: number
  readonly bytes: number
}

export function constant(value: bigint): Word {
  const limbs = [0n, 64n, 128n, 192n].map((shift) => (value >> shift) & UINT64_MAX)
  return { limbs, bits: bitsOf(value) }
}

/** The value of a word that is known while code is written. */
export function constantOf(word: Word): bigint | undefined {
  let value = 0n
  for (let limb = LIMBS - 1; limb >= 0; limb--) {
    const known = word.limbs[limb]
    if (typeof known !== 'bigint') return undefined
    value = (value << 64n) | known
  }
  return value
}

/** No value of the word is greater. */
export function mostOf(word: Word): bigint {
  return constantOf(word) ?? word.most ?? (1n << BigInt(word.bits)) - 1n
}

/** The word, of which that has been found out. */
export function atMost(word: Word, most: bigint): Word {
  const bits = Math.min(word.bits, bitsOf(most))
  const highest = significantLimbs(bits)
  return { ...word, bits, most, limbs: word.limbs.map((limb, index) => (index < highest ? limb : 0n)) }
}

/** How many bits a number has, from the highest that is set. */
export function bitsOf(value: bigint): number {
  return value === 0n ? 0 : value.toString(2).length
}

/** A word of limbs that stand in locals or are constants; the missing upper ones are 0. */
export function wordOf(limbs: readonly Limb[], bits = LIMB_BITS * limbs.length): Word {
  const highest = significantLimbs(Math.min(bits, LIMB_BITS * limbs.length))
  return { limbs: Array.from({ length: LIMBS }, (_, limb) => (limb < highest ? limbs[limb]! : 0n)), bits }
}

/** A word in memory, of which nothing is loaded yet. */
export function placed(place: Place, bits = 8 * place.bytes): Word {
  const highest = significantLimbs(bits)
  return { limbs: Array.from({ length: LIMBS }, (_, limb) => (limb < highest ? undefined : 0n)), bits, place }
}

export function truthOf(truth: Local): Word {
  return { limbs: [undefined, 0n, 0n, 0n], bits: 1, truth }
}

export function vectorsOf(low: Local, high: Local): Word {
  return { limbs: [undefined, undefined, undefined, undefined], bits: 256, vectors: [low, high] }
}

/** Limbs that can be other than 0. */
export function significantLimbs(bits: number): number {
  return Math.ceil(bits / LIMB_BITS)
}

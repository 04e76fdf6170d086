import { createHash } from 'node:crypto'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { bn254 } from '@noble/curves/bn254.js'
import { p256 } from '@noble/curves/nist.js'
import { bigintToBytes, concatBytes } from '../../primitives/bytes.ts'
import { keccak256 } from '../../primitives/keccak.ts'
import { signHash } from '../../primitives/secp256k1.ts'
import type { Random } from '../support/random.ts'
import { randomBytes, randomUint, randomWord } from './random-words.ts'

export interface InputOptions {
  /** Whether input may take milliseconds to work on: pairings, long sums. */
  readonly isCostly: boolean
  /** As in `CaseSelection`. */
  readonly isQuick: boolean
}

const SECP256K1_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const BN254_PRIME = bn254.fields.Fp.ORDER
const BN254_ORDER = bn254.fields.Fr.ORDER
const BLS_PRIME = bls12_381.fields.Fp.ORDER
const BLS_ORDER = bls12_381.fields.Fr.ORDER
const P256_ORDER = p256.Point.Fn.ORDER
/** Points, signatures and the like that are made once and used again. */
const POOL_SIZE = 6

/** Input for the precompiled contract at the address: right, nearly right or plainly wrong. */
export function randomPrecompileInput(random: Random, address: bigint, options: InputOptions): Uint8Array {
  if (random.chance(0.06)) return randomBytes(random, random.below(300))
  return distort(random, plausibleInput(random, address, options))
}

function plausibleInput(random: Random, address: bigint, { isCostly, isQuick }: InputOptions): Uint8Array {
  switch (address) {
    case 0x01n:
      return recoverInput(random)
    case 0x05n:
      return exponentiationInput(random, isCostly)
    case 0x06n:
      return concatBytes(bn254Point(random), bn254Point(random))
    case 0x07n:
      return concatBytes(bn254Point(random), word(scalar(random, BN254_ORDER)))
    case 0x08n:
      return repeated(pairs(random, isCostly), () => concatBytes(bn254Point(random), bn254TwistPoint(random)))
    case 0x09n:
      return compressionInput(random)
    case 0x0an:
      return pointEvaluationInput(random, isQuick)
    case 0x0bn:
      return concatBytes(blsPoint(random), blsPoint(random))
    case 0x0cn:
      return repeated(terms(random, isCostly), () => concatBytes(blsPoint(random), word(scalar(random, BLS_ORDER))))
    case 0x0dn:
      return concatBytes(blsTwistPoint(random), blsTwistPoint(random))
    case 0x0en:
      return repeated(terms(random, isCostly), () =>
        concatBytes(blsTwistPoint(random), word(scalar(random, BLS_ORDER))),
      )
    case 0x0fn:
      return repeated(pairs(random, isCostly), () => concatBytes(blsPoint(random), blsTwistPoint(random)))
    case 0x10n:
      return blsField(random)
    case 0x11n:
      return concatBytes(blsField(random), blsField(random))
    case 0x100n:
      return p256Input(random)
    default:
      return randomBytes(random, random.pick([0, 1, 31, 32, 33, 55, 56, 63, 64, 65, 127, 128, 129, 200]))
  }
}

/** Now and then too short, too long, or with one byte changed. */
function distort(random: Random, input: Uint8Array): Uint8Array {
  const kind = random.below(12)
  if (kind === 0) return input.subarray(0, random.below(input.length + 1))
  if (kind === 1) return concatBytes(input, randomBytes(random, 1 + random.below(40)))
  if (kind === 2) return concatBytes(input, new Uint8Array(1 + random.below(40)))
  if (kind === 3 && input.length > 0) {
    const changed = Uint8Array.from(input)
    changed[random.below(input.length)] = random.below(256)
    return changed
  }
  return input
}

function word(value: bigint): Uint8Array {
  return bigintToBytes(BigInt.asUintN(256, value), 32)
}

function repeated(times: number, make: () => Uint8Array): Uint8Array {
  return concatBytes(...Array.from({ length: times }, make))
}

function pairs(random: Random, isCostly: boolean): number {
  return isCostly ? random.pick([0, 1, 1, 2, 3]) : random.chance(0.9) ? 0 : 1
}

function terms(random: Random, isCostly: boolean): number {
  return isCostly ? random.pick([0, 1, 1, 2, 2, 3, 5, 17]) : random.pick([0, 1, 1])
}

/** Below, at and above the order of the group. */
function scalar(random: Random, order: bigint): bigint {
  const kind = random.below(6)
  if (kind === 0) return BigInt(random.below(4))
  if (kind === 1) return order + BigInt(random.below(3)) - 1n
  if (kind === 2) return randomWord(random)
  return randomUint(random, 32)
}

/** A number below a prime, or about as large as it. */
function fieldElement(random: Random, prime: bigint, length: number): bigint {
  const kind = random.below(10)
  if (kind === 0) return prime + BigInt(random.below(3)) - 1n
  if (kind === 1) return BigInt(random.below(3))
  return randomUint(random, length) % prime
}

function pool<T>(make: (index: number) => T): () => readonly T[] {
  let items: readonly T[] | undefined
  return () => {
    items ??= Array.from({ length: POOL_SIZE }, (_, index) => make(index))
    return items
  }
}

/** 0x01 */
const signatures = pool((index) => {
  const hash = keccak256(Uint8Array.of(index))
  return { hash, ...signHash(hash, new Uint8Array(32).fill(index + 1)) }
})

function recoverInput(random: Random): Uint8Array {
  const { hash, r, s, yParity } = random.pick(signatures())
  const edges = [0n, 1n, SECP256K1_ORDER - 1n, SECP256K1_ORDER, SECP256K1_ORDER + 1n, SECP256K1_ORDER - s]
  const v = random.chance(0.8) ? 27n + yParity : random.pick([0n, 1n, 26n, 27n, 28n, 29n, 283n, 27n + (1n << 64n)])
  return concatBytes(
    random.chance(0.8) ? hash : random.pick([new Uint8Array(32), randomBytes(random, 32)]),
    word(v),
    word(random.chance(0.8) ? r : random.pick([...edges, randomUint(random, 32)])),
    word(random.chance(0.7) ? s : random.pick([...edges, randomUint(random, 32)])),
  )
}

/** 0x05 */
function exponentiationInput(random: Random, isCostly: boolean): Uint8Array {
  const short = [0, 1, 2, 8, 31, 32, 33, 40]
  const lengths = isCostly ? [...short, 63, 64, 65, 96, 128, 200, 256] : short
  const [base, exponent, modulus] = Array.from({ length: 3 }, () => random.pick(lengths)) as [number, number, number]
  const stated = [base, exponent, modulus].map(BigInt)
  if (random.chance(0.08))
    stated[random.below(3)] = random.pick([1023n, 1024n, 1025n, 1n << 32n, 1n << 64n, randomWord(random)])
  return concatBytes(
    ...stated.map(word),
    bigEndian(random, base),
    bigEndian(random, exponent),
    bigEndian(random, modulus),
  )
}

function bigEndian(random: Random, length: number): Uint8Array {
  const kind = random.below(6)
  if (kind === 0) return new Uint8Array(length)
  if (kind === 1) return bigintToBytes(BigInt(random.below(4)) % (1n << BigInt(8 * length)), length)
  if (kind === 2) return new Uint8Array(length).fill(0xff)
  const bytes = randomBytes(random, length)
  if (kind === 3) bytes.fill(0, 0, random.below(length + 1))
  return bytes
}

/** 0x06 to 0x08 */
const bn254Points = pool((index) => {
  const { x, y } = bn254.G1.Point.BASE.multiply(BigInt(index + 1)).toAffine()
  return { x, y }
})

const bn254TwistPoints = pool((index) => {
  const { x, y } = bn254.G2.Point.BASE.multiply(BigInt(index + 1)).toAffine()
  return concatBytes(word(x.c1), word(x.c0), word(y.c1), word(y.c0))
})

function bn254Point(random: Random): Uint8Array {
  const kind = random.below(16)
  if (kind === 0) return new Uint8Array(64)
  if (kind === 1) {
    return concatBytes(word(fieldElement(random, BN254_PRIME, 32)), word(fieldElement(random, BN254_PRIME, 32)))
  }
  const { x, y } = random.pick(bn254Points())
  if (kind === 2) return concatBytes(word(x + BN254_PRIME), word(y))
  return concatBytes(word(x), word(kind < 8 ? BN254_PRIME - y : y))
}

function bn254TwistPoint(random: Random): Uint8Array {
  const kind = random.below(16)
  if (kind === 0) return new Uint8Array(128)
  if (kind === 1) return concatBytes(...Array.from({ length: 4 }, () => word(fieldElement(random, BN254_PRIME, 32))))
  if (kind === 2) return bn254TwistPointOutside(random)
  return random.pick(bn254TwistPoints())
}

/** On the twist, almost certainly not in the subgroup. */
function bn254TwistPointOutside(random: Random): Uint8Array {
  const { Fp2 } = bn254.fields
  const b = bn254.G2.Point.CURVE().b
  for (let c0 = BigInt(random.below(1000)); ; c0++) {
    const x = Fp2.create({ c0, c1: 1n })
    try {
      const y = Fp2.sqrt(Fp2.add(Fp2.mul(Fp2.sqr(x), x), b))
      return concatBytes(word(x.c1), word(x.c0), word(y.c1), word(y.c0))
    } catch {
      // No square root: not the abscissa of a point.
    }
  }
}

/** 0x09 */
function compressionInput(random: Random): Uint8Array {
  const rounds = random.chance(0.9) ? random.below(40) : random.pick([1000, 0xffff, 0xffff_ffff])
  const final = random.chance(0.9) ? random.below(2) : random.below(256)
  return concatBytes(bigintToBytes(BigInt(rounds), 4), randomBytes(random, 208), Uint8Array.of(final))
}

/**
 * 0x0a: commitments to constant polynomials, whose proof is the point at infinity wherever they are evaluated.
 */
const constants = pool((index) => ({
  value: BigInt(index),
  commitment: (index === 0 ? bls12_381.G1.Point.ZERO : bls12_381.G1.Point.BASE.multiply(BigInt(index))).toBytes(true),
}))

const INFINITY = Uint8Array.of(0xc0, ...new Uint8Array(47))

function pointEvaluationInput(random: Random, isQuick: boolean): Uint8Array {
  const { value, commitment } = random.pick(constants())
  const given = random.chance(0.9) ? commitment : Uint8Array.of(...commitment.subarray(0, 47), random.below(256))
  const versionedHash = createHash('sha256').update(given).digest()
  // One that does not fit is refused before the proof is looked at.
  versionedHash[0] = isQuick ? 0 : random.chance(0.95) ? 1 : random.below(256)
  return concatBytes(
    versionedHash,
    word(random.chance(0.8) ? randomUint(random, 32) % BLS_ORDER : BLS_ORDER + BigInt(random.below(3)) - 1n),
    word(random.chance(0.8) ? value : random.pick([BLS_ORDER - 1n, BLS_ORDER, BLS_ORDER + value, value + 1n])),
    given,
    random.chance(0.8) ? INFINITY : random.pick([commitment, new Uint8Array(48), randomBytes(random, 48)]),
  )
}

/** 0x0b to 0x11 */
function element(value: bigint): Uint8Array {
  return bigintToBytes(value, 64)
}

const blsPoints = pool((index) => {
  const { x, y } = bls12_381.G1.Point.BASE.multiply(BigInt(index + 1)).toAffine()
  return { x, y }
})

const blsTwistPoints = pool((index) => {
  const { x, y } = bls12_381.G2.Point.BASE.multiply(BigInt(index + 1)).toAffine()
  return { x, y }
})

function blsPoint(random: Random): Uint8Array {
  const kind = random.below(16)
  if (kind === 0) return new Uint8Array(128)
  if (kind === 1) return concatBytes(blsField(random), blsField(random))
  if (kind === 2) return blsPointOutside(random)
  const { x, y } = random.pick(blsPoints())
  if (kind === 3) return concatBytes(element(x + BLS_PRIME), element(y))
  return concatBytes(element(x), element(kind < 8 ? BLS_PRIME - y : y))
}

/** On the curve, almost certainly not in the subgroup. */
function blsPointOutside(random: Random): Uint8Array {
  const { Fp } = bls12_381.fields
  for (let x = BigInt(random.below(1000)); ; x++) {
    try {
      return concatBytes(element(x), element(Fp.sqrt(Fp.add(Fp.mul(Fp.sqr(x), x), 4n))))
    } catch {
      // No square root: not the abscissa of a point.
    }
  }
}

function blsTwistPoint(random: Random): Uint8Array {
  const kind = random.below(16)
  if (kind === 0) return new Uint8Array(256)
  if (kind === 1) return concatBytes(...Array.from({ length: 4 }, () => blsField(random)))
  if (kind === 2) return blsTwistPointOutside(random)
  const { x, y } = random.pick(blsTwistPoints())
  return concatBytes(element(x.c0), element(x.c1), element(y.c0), element(y.c1))
}

function blsTwistPointOutside(random: Random): Uint8Array {
  const { Fp2 } = bls12_381.fields
  const b = bls12_381.G2.Point.CURVE().b
  for (let c0 = BigInt(random.below(1000)); ; c0++) {
    const x = Fp2.create({ c0, c1: 1n })
    try {
      const y = Fp2.sqrt(Fp2.add(Fp2.mul(Fp2.sqr(x), x), b))
      return concatBytes(element(x.c0), element(x.c1), element(y.c0), element(y.c1))
    } catch {
      // No square root: not the abscissa of a point.
    }
  }
}

function blsField(random: Random): Uint8Array {
  const value = fieldElement(random, BLS_PRIME, 48)
  // The 16 bytes on top must be zero.
  return element(random.chance(0.97) ? value : value + (1n << BigInt(384 + random.below(128))))
}

/** 0x100 */
const p256Signatures = pool((index) => {
  const secret = new Uint8Array(32).fill(index + 1)
  const hash = keccak256(Uint8Array.of(index))
  const signature = p256.sign(hash, secret, { prehash: false, lowS: false })
  return { hash, signature, publicKey: p256.getPublicKey(secret, false).subarray(1) }
})

function p256Input(random: Random): Uint8Array {
  const { hash, signature, publicKey } = random.pick(p256Signatures())
  const edges = [0n, 1n, P256_ORDER - 1n, P256_ORDER, P256_ORDER + 1n].map(word)
  return concatBytes(
    random.chance(0.9) ? hash : randomBytes(random, 32),
    random.chance(0.9) ? signature.subarray(0, 32) : random.pick(edges),
    random.chance(0.9) ? signature.subarray(32) : random.pick(edges),
    random.chance(0.9) ? publicKey : random.pick([new Uint8Array(64), randomBytes(random, 64)]),
  )
}

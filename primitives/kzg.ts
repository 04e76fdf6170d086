import { createHash } from 'node:crypto'
import { pippenger } from '@noble/curves/abstract/curve.js'
import { FFT, rootsOfUnity } from '@noble/curves/abstract/fft.js'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { bigintToBytes, bytesToBigint, concatBytes } from './bytes.ts'
import { CELLS_PER_BLOB, POWERS_OF_SECRET_1, SECRET_2, SECRET_TO_THE_64TH_2 } from './kzg-setup.ts'

/** Field elements of a blob, 32 bytes each: values of its polynomial, in bit-reversed order (EIP-4844). */
export const FIELD_ELEMENTS_PER_BLOB = 4096
const FIELD_ELEMENTS_PER_CELL = (FIELD_ELEMENTS_PER_BLOB * 2) / CELLS_PER_BLOB

const BYTES_PER_FIELD_ELEMENT = 32
/** EIP-4844, PRIMITIVE_ROOT_OF_UNITY. */
const GENERATOR_OF_FIELD = 7n
/** EIP-4844, FIAT_SHAMIR_PROTOCOL_DOMAIN. */
const CHALLENGE_DOMAIN = new TextEncoder().encode('FSBLOBVERIFY_V1_')

const { Fr } = bls12_381.fields
const G1 = bls12_381.G1.Point
const G2 = bls12_381.G2.Point
type PointG1 = InstanceType<typeof G1>
type PointG2 = InstanceType<typeof G2>

const roots = rootsOfUnity(Fr, GENERATOR_OF_FIELD)
const transform = FFT(roots, Fr)

/**
 * Whether the blob is what was committed to (EIP-4844, verify_blob_kzg_proof). The blob has 131,072 bytes, commitment and
 * proof 48 each; what is no field element or no point makes it `false`. About 40 ms.
 */
export function verifyBlobProof(blob: Uint8Array, commitmentBytes: Uint8Array, proofBytes: Uint8Array): boolean {
  const polynomial = coefficientsOf(blob)
  const commitment = readPoint(commitmentBytes)
  const proof = readPoint(proofBytes)
  if (polynomial === undefined || commitment === undefined || proof === undefined) return false
  const degree = bigintToBytes(BigInt(FIELD_ELEMENTS_PER_BLOB), 16)
  const z = hashToField(CHALLENGE_DOMAIN, degree, blob, commitmentBytes)
  const y = polynomial.reduceRight((sum, coefficient) => Fr.add(Fr.mul(sum, z), coefficient), 0n)
  // p(z) = y exactly if (p - y) / (X - z) is a polynomial, and the proof commits to it.
  const left = commitment.subtract(times(G1.BASE, y)).add(times(proof, z))
  return isSameProduct(left, G2.BASE, proof, secondGroup(SECRET_2))
}

/**
 * Whether the blob is what was committed to and each of the 128 proofs shows the cell that it stands for (EIP-7594,
 * verify_cell_kzg_proof_batch over all cells of one blob). About 300 ms.
 *
 * The values of p in cell k are those of the remainder I_k of p by X^64 - a_k, a_k being the 64th power of any point of the
 * cell; the proof commits to the quotient. All 128 equations are one, weighted with powers of a number r that is not known
 * before the proofs: e(sum r^k proof_k, [s^64]) = e(sum r^k (C - [I_k(s)] + a_k proof_k), generator). Coefficient i of
 * I_k is the sum over m of p_(i + 64 m) a_k^m, so neither cells nor interpolation are needed.
 */
export function verifyCellProofs(
  blob: Uint8Array,
  commitmentBytes: Uint8Array,
  proofBytes: readonly Uint8Array[],
): boolean {
  const polynomial = coefficientsOf(blob)
  const commitment = readPoint(commitmentBytes)
  const proofs = proofBytes.map(readPoint)
  if (polynomial === undefined || commitment === undefined || !areAllPoints(proofs)) return false
  const weights = powersOf(hashToField(blob, commitmentBytes, ...proofBytes), CELLS_PER_BLOB)
  const cosets = roots.brp(Math.log2(CELLS_PER_BLOB))
  const remainder = weightedRemainder(polynomial, weights, cosets)
  const quotient = sumOf(proofs, weights)
  const left = sumOf(
    [commitment, ...powersOfSecret(), ...proofs],
    [
      weights.reduce((sum, weight) => Fr.add(sum, weight)),
      ...remainder.map((coefficient) => Fr.neg(coefficient)),
      ...weights.map((weight, cell) => Fr.mul(weight, cosets[cell]!)),
    ],
  )
  return isSameProduct(left, G2.BASE, quotient, secondGroup(SECRET_TO_THE_64TH_2))
}

/** Coefficients of the sum of the cells' remainders, each with its weight. */
function weightedRemainder(
  polynomial: readonly bigint[],
  weights: readonly bigint[],
  cosets: readonly bigint[],
): bigint[] {
  const remainder = new Array<bigint>(FIELD_ELEMENTS_PER_CELL).fill(0n)
  let weightedPowers = [...weights]
  for (let start = 0; start < FIELD_ELEMENTS_PER_BLOB; start += FIELD_ELEMENTS_PER_CELL) {
    const factor = weightedPowers.reduce((sum, power) => Fr.add(sum, power))
    for (let index = 0; index < FIELD_ELEMENTS_PER_CELL; index++) {
      remainder[index] = Fr.add(remainder[index]!, Fr.mul(polynomial[start + index]!, factor))
    }
    weightedPowers = weightedPowers.map((power, cell) => Fr.mul(power, cosets[cell]!))
  }
  return remainder
}

/** The blob's polynomial; `undefined` when an element is not below the modulus. */
function coefficientsOf(blob: Uint8Array): bigint[] | undefined {
  const values: bigint[] = []
  for (let start = 0; start < blob.length; start += BYTES_PER_FIELD_ELEMENT) {
    const value = bytesToBigint(blob.subarray(start, start + BYTES_PER_FIELD_ELEMENT))
    if (value >= Fr.ORDER) return undefined
    values.push(value)
  }
  return transform.inverse(values, true, false)
}

function hashToField(...parts: readonly Uint8Array[]): bigint {
  return Fr.create(
    bytesToBigint(
      createHash('sha256')
        .update(concatBytes(...parts))
        .digest(),
    ),
  )
}

function powersOf(base: bigint, count: number): bigint[] {
  const powers = [1n]
  while (powers.length < count) powers.push(Fr.mul(powers.at(-1)!, base))
  return powers
}

/** `undefined` unless the 48 bytes are a point of the group of prime order (EIP-4844, validate_kzg_g1). */
function readPoint(bytes: Uint8Array): PointG1 | undefined {
  try {
    return G1.fromBytes(bytes)
  } catch {
    return undefined
  }
}

function areAllPoints(points: readonly (PointG1 | undefined)[]): points is readonly PointG1[] {
  return points.every((point) => point !== undefined)
}

/** Constant time is not needed: nothing here is secret. */
function times(point: PointG1, factor: bigint): PointG1 {
  return point.is0() || factor === 0n ? G1.ZERO : point.multiplyUnsafe(factor)
}

function sumOf(points: readonly PointG1[], factors: readonly bigint[]): PointG1 {
  return pippenger(G1, [...points], [...factors])
}

/** e(a, b) = e(c, d). A product with infinity in it is 1, which the library leaves to the caller. */
function isSameProduct(a: PointG1, b: PointG2, c: PointG1, d: PointG2): boolean {
  const pairs = [
    { g1: a, g2: b },
    { g1: c.negate(), g2: d },
  ].filter(({ g1 }) => !g1.is0())
  if (pairs.length === 0) return true
  return bls12_381.fields.Fp12.eql(bls12_381.pairingBatch(pairs), bls12_381.fields.Fp12.ONE)
}

function secondGroup(hex: string): PointG2 {
  return G2.fromHex(hex)
}

let decodedPowers: readonly PointG1[] | undefined

/** Decoded once, in 60 ms, when the first cells are checked. */
function powersOfSecret(): readonly PointG1[] {
  decodedPowers ??= POWERS_OF_SECRET_1.map((hex) => G1.fromHex(hex))
  return decodedPowers
}

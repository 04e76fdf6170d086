import type { Fr, G1, G2 } from 'mcl-wasm'
import { bls12381 as curve } from './bls12-381-curve.ts'
import { G1_DISCOUNTS, G2_DISCOUNTS } from './bls12-381-discounts.ts'
import type { Pair } from './pairing-curve.ts'
import type { Precompile } from './precompile.ts'

const SCALAR_BYTES = 32
const PAIR_BYTES = curve.g1Bytes + curve.g2Bytes
const G1_MULTIPLY_GAS = 12_000n
const G2_MULTIPLY_GAS = 22_500n
const PAIRING_GAS = 37_700n
const PAIRING_GAS_PER_PAIR = 32_600n

/** What the two groups need to be told apart by. */
interface Group<Point> {
  readonly pointBytes: number
  read(bytes: Uint8Array): Point | undefined
  write(point: Point): Uint8Array
  add(a: Point, b: Point): Point
  isInSubgroup(point: Point): boolean
  sum(points: Point[], scalars: Fr[]): Point
}

const G1_GROUP: Group<G1> = {
  pointBytes: curve.g1Bytes,
  read: (bytes) => curve.readG1(bytes),
  write: (point) => curve.writeG1(point),
  add: (a, b) => curve.mcl.add(a, b),
  isInSubgroup: (point) => point.isValidOrder(),
  sum: (points, scalars) => curve.mcl.mulVec(points, scalars),
}

const G2_GROUP: Group<G2> = {
  pointBytes: curve.g2Bytes,
  read: (bytes) => curve.readG2(bytes),
  write: (point) => curve.writeG2(point),
  add: (a, b) => curve.mcl.add(a, b),
  isInSubgroup: (point) => point.isValidOrder(),
  sum: (points, scalars) => curve.mcl.mulVec(points, scalars),
}

/** The sum of two points, which need not be in the subgroup. */
function addition<Point>(group: Group<Point>, gas: bigint): Precompile {
  return {
    gas: () => gas,
    run(input) {
      if (input.length !== 2 * group.pointBytes) return undefined
      const a = group.read(input.subarray(0, group.pointBytes))
      const b = group.read(input.subarray(group.pointBytes))
      return a && b && group.write(group.add(a, b))
    },
  }
}

/** The sum of points times scalars. */
function multiScalar<Point>(group: Group<Point>, multiplyGas: bigint, discounts: readonly number[]): Precompile {
  const termBytes = group.pointBytes + SCALAR_BYTES
  return {
    gas(input) {
      const terms = Math.floor(input.length / termBytes)
      if (terms === 0) return 0n
      const discount = discounts[Math.min(terms, discounts.length) - 1]!
      return (BigInt(terms) * multiplyGas * BigInt(discount)) / 1000n
    },
    run(input) {
      if (input.length === 0 || input.length % termBytes !== 0) return undefined
      const points: Point[] = []
      const scalars: Fr[] = []
      for (let offset = 0; offset < input.length; offset += termBytes) {
        const point = group.read(input.subarray(offset, offset + group.pointBytes))
        if (point === undefined || !group.isInSubgroup(point)) return undefined
        const scalar = new curve.mcl.Fr()
        scalar.setBigEndianMod(input.slice(offset + group.pointBytes, offset + termBytes))
        points.push(point)
        scalars.push(scalar)
      }
      return group.write(group.sum(points, scalars))
    },
  }
}

/** 0x0b (EIP-2537, as all below). */
export const blsG1Add = addition(G1_GROUP, 375n)
/** 0x0c. */
export const blsG1MultiScalar = multiScalar(G1_GROUP, G1_MULTIPLY_GAS, G1_DISCOUNTS)
/** 0x0d. */
export const blsG2Add = addition(G2_GROUP, 600n)
/** 0x0e. */
export const blsG2MultiScalar = multiScalar(G2_GROUP, G2_MULTIPLY_GAS, G2_DISCOUNTS)

/** 0x0f: 1 as a word if the product of the pairings is 1, else 0. */
export const blsPairing: Precompile = {
  gas: (input) => PAIRING_GAS + PAIRING_GAS_PER_PAIR * BigInt(Math.floor(input.length / PAIR_BYTES)),
  run(input) {
    if (input.length === 0 || input.length % PAIR_BYTES !== 0) return undefined
    const pairs: Pair[] = []
    for (let offset = 0; offset < input.length; offset += PAIR_BYTES) {
      const left = curve.readG1(input.subarray(offset, offset + curve.g1Bytes))
      const right = curve.readG2(input.subarray(offset + curve.g1Bytes, offset + PAIR_BYTES))
      if (left === undefined || right === undefined || !left.isValidOrder() || !right.isValidOrder()) return undefined
      pairs.push([left, right])
    }
    const output = new Uint8Array(32)
    output[31] = curve.pairingIsOne(pairs) ? 1 : 0
    return output
  },
}

/** 0x10: a field element to a point of the first group. */
export const blsMapToG1: Precompile = {
  gas: () => 5_500n,
  run(input) {
    const element = input.length === curve.elementBytes ? curve.readElement(input) : undefined
    return element && curve.writeG1(element.mapToG1())
  },
}

/** 0x11: an element of the quadratic extension to a point of the second group. */
export const blsMapToG2: Precompile = {
  gas: () => 23_800n,
  run(input) {
    const element = input.length === 2 * curve.elementBytes ? curve.readElement2(input) : undefined
    return element && curve.writeG2(element.mapToG2())
  },
}

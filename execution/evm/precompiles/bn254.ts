import { needCurve } from './curve-loading.ts'
import { readInput } from './input.ts'
import { loadMcl } from './mcl.ts'
import { type Pair, PairingCurve } from './pairing-curve.ts'
import type { Precompile } from './precompile.ts'

const curve = new PairingCurve(
  { fieldBytes: 32, paddingBytes: 0, isMclBigEndian: false, isImaginaryFirst: true },
  { loadMcl: () => loadMcl('BN_SNARK1') },
)
await needCurve(curve)
const POINT_BYTES = curve.g1Bytes
const PAIR_BYTES = curve.g1Bytes + curve.g2Bytes

/** 0x06: the sum of two points (EIP-196). */
export const bn254Add: Precompile = {
  gas: (_input, rules) => rules.gas.bn254Add,
  run(input) {
    const a = curve.readG1(readInput(input, 0, POINT_BYTES))
    const b = curve.readG1(readInput(input, POINT_BYTES, POINT_BYTES))
    return a && b && curve.writeG1(curve.mcl.add(a, b))
  },
}

/** 0x07: a point times a scalar (EIP-196). */
export const bn254Multiply: Precompile = {
  gas: (_input, rules) => rules.gas.bn254Multiply,
  run(input) {
    const point = curve.readG1(readInput(input, 0, POINT_BYTES))
    if (point === undefined) return undefined
    const scalar = new curve.mcl.Fr()
    scalar.setBigEndianMod(readInput(input, POINT_BYTES, 32).slice())
    return curve.writeG1(curve.mcl.mul(point, scalar))
  },
}

/** 0x08: 1 as a word if the product of the pairings is 1, else 0 (EIP-197). */
export const bn254Pairing: Precompile = {
  gas: (input, rules) =>
    rules.gas.bn254Pairing + rules.gas.bn254PairingPerPair * BigInt(Math.floor(input.length / PAIR_BYTES)),
  run(input) {
    if (input.length % PAIR_BYTES !== 0) return undefined
    const pairs: Pair[] = []
    for (let offset = 0; offset < input.length; offset += PAIR_BYTES) {
      const left = curve.readG1(input.subarray(offset, offset + curve.g1Bytes))
      const right = curve.readG2(input.subarray(offset + curve.g1Bytes, offset + PAIR_BYTES))
      // The first group is the whole curve, so only the second needs a look.
      if (left === undefined || right === undefined || !right.isValidOrder()) return undefined
      pairs.push([left, right])
    }
    const output = new Uint8Array(32)
    output[31] = curve.pairingIsOne(pairs) ? 1 : 0
    return output
  },
}

import { createHash } from 'node:crypto'
import type { G1 } from 'mcl-wasm'
import { concatBytes, equalBytes } from '../../../primitives/bytes.ts'
import { hexToBytes } from '../../../primitives/hex.ts'
import { once } from '../../../primitives/once.ts'
import { bls12381 as curve } from './bls12-381-curve.ts'
import { readInteger } from './input.ts'
import type { Precompile } from './precompile.ts'

const INPUT_BYTES = 192
const KZG_VERSION = 0x01
const COMPRESSED_INFINITY = 0xc0

/** Order of the subgroups, BLS_MODULUS of EIP-4844. */
const SCALAR_MODULUS = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n

const points = once(() => {
  const { mcl } = curve
  return {
    generator1: mcl.deserializeHexStrToG1(
      '97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb',
    ),
    generator2: mcl.deserializeHexStrToG2(
      '93e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e' +
        '024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8',
    ),
    /**
     * The secret of the KZG ceremony times the generator: all of the trusted setup that checking a proof needs. To load the
     * whole setup takes seconds, which every worker thread would spend.
     */
    secret2: mcl.deserializeHexStrToG2(
      'b5bfd7dd8cdeb128843bc287230af38926187075cbfbefa81009a2ce615ac53d2914e5870cb452d2afaaab24f3499f72' +
        '185cbfee53492714734429b7b38608e23926c911cceceac9a36851477ba4c60b087041de621000edc98edada20c1def2',
    ),
  }
})

/** FIELD_ELEMENTS_PER_BLOB and BLS_MODULUS as words. */
const OUTPUT = hexToBytes(`0x${(4096).toString(16).padStart(64, '0')}${SCALAR_MODULUS.toString(16).padStart(64, '0')}`)

/** 0x0a: versioned hash, z, y, commitment, proof: whether the committed polynomial is y at z (EIP-4844). */
export const pointEvaluation: Precompile = {
  gas: () => 50_000n,
  run(input) {
    if (input.length !== INPUT_BYTES) return undefined
    const commitmentBytes = input.subarray(96, 144)
    if (!equalBytes(input.subarray(0, 32), versionedHash(commitmentBytes))) return undefined
    const z = readInteger(input, 32, 32)
    const y = readInteger(input, 64, 32)
    const commitment = decompress(commitmentBytes)
    const proof = decompress(input.subarray(144))
    if (z >= SCALAR_MODULUS || y >= SCALAR_MODULUS || commitment === undefined || proof === undefined) {
      return undefined
    }
    return proves(commitment, z, y, proof) ? OUTPUT.slice() : undefined
  },
}

function versionedHash(commitment: Uint8Array): Uint8Array {
  const digest = createHash('sha256').update(commitment).digest()
  return concatBytes(Uint8Array.of(KZG_VERSION), digest.subarray(1))
}

/** A point of the first group in the 48 bytes of EIP-2537's ancestor (the encoding of Zcash). */
function decompress(bytes: Uint8Array): G1 | undefined {
  const point = new curve.mcl.G1()
  // The library accepts anything behind the mark of infinity.
  if (((bytes[0] ?? 0) & COMPRESSED_INFINITY) === COMPRESSED_INFINITY) {
    return bytes[0] === COMPRESSED_INFINITY && bytes.subarray(1).every((byte) => byte === 0) ? point : undefined
  }
  try {
    point.deserialize(bytes.slice())
  } catch {
    return undefined
  }
  return point.isValidOrder() ? point : undefined
}

/**
 * Whether e(commitment - y, generator) = e(proof, secret - z), turned so that both points of the second group are known
 * beforehand: e(y - commitment - z * proof, generator) * e(proof, secret) = 1.
 */
function proves(commitment: G1, z: bigint, y: bigint, proof: G1): boolean {
  const { mcl } = curve
  const { generator1, generator2, secret2 } = points()
  const known = mcl.add(commitment, mcl.mul(proof, scalar(z)))
  const left = mcl.sub(mcl.mul(generator1, scalar(y)), known)
  return curve.pairingIsOne([
    [left, generator2],
    [proof, secret2],
  ])
}

function scalar(value: bigint) {
  const element = new curve.mcl.Fr()
  element.setStr(value.toString(16), 16)
  return element
}

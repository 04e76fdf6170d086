import type { ParamType } from 'ethers'
import { concatBytes } from '../../primitives/bytes.ts'
import { type Address, bytesToHex } from '../../primitives/hex.ts'
import { keccak256 } from '../../primitives/keccak.ts'
import { signHash } from '../../primitives/secp256k1.ts'
import type { Random } from '../support/random.ts'
import { randomBytes, randomWord } from './random-words.ts'

/** A value of an ABI type, as ethers encodes it: small or on an edge, addresses out of `places`. */
export function randomAbiValue(random: Random, type: ParamType, places: readonly Address[]): unknown {
  const { baseType } = type
  if (baseType === 'array') {
    const child = type.arrayChildren as ParamType
    const length = type.arrayLength === -1 ? randomLength(random) : (type.arrayLength as number)
    return Array.from({ length }, () => randomAbiValue(random, child, places))
  }
  if (baseType === 'tuple') return type.components?.map((component) => randomAbiValue(random, component, places)) ?? []
  if (baseType === 'address') return random.chance(0.95) ? random.pick(places) : bytesToHex(randomBytes(random, 20))
  if (baseType === 'bool') return random.chance(0.5)
  if (baseType === 'string') return randomText(random)
  if (baseType === 'bytes') return bytesToHex(randomByteString(random))
  if (baseType.startsWith('bytes')) return randomFixedBytes(random, Number(baseType.slice(5)))
  if (baseType.startsWith('uint')) return BigInt.asUintN(Number(baseType.slice(4)), randomNumber(random))
  if (baseType.startsWith('int')) return BigInt.asIntN(Number(baseType.slice(3)), randomNumber(random))
  throw new Error(`no values of type ${baseType}`)
}

function randomLength(random: Random): number {
  return random.chance(0.95) ? random.below(5) : random.below(40)
}

/** Small ones make calls succeed, the others find the limits. */
function randomNumber(random: Random): bigint {
  return random.chance(0.6) ? BigInt(random.below(12)) : randomWord(random)
}

const TEXTS = [
  '',
  '0',
  '42',
  '-7',
  '0x1f',
  'a "quoted"\n line',
  'https://example.org/{id}.json',
  'ä€😀',
  'x'.repeat(100),
]

function randomText(random: Random): string {
  return random.pick(TEXTS)
}

/** Signed by two keys, so that a hash and a signature chosen at random fit together now and then. */
const hashes = [0, 1].map((index) => keccak256(Uint8Array.of(index)))
const signatures = hashes.map((hash, index) => {
  const { r, s, yParity } = signHash(hash, new Uint8Array(32).fill(index + 1))
  const text = `${r.toString(16).padStart(64, '0')}${s.toString(16).padStart(64, '0')}`
  return concatBytes(Buffer.from(text, 'hex'), Uint8Array.of(27 + Number(yParity)))
})

function randomByteString(random: Random): Uint8Array {
  const kind = random.below(6)
  if (kind === 0) return new Uint8Array(0)
  if (kind === 1) return random.pick(signatures)
  return randomBytes(random, random.pick([1, 4, 31, 32, 33, 64, 65, random.below(200)]))
}

function randomFixedBytes(random: Random, length: number): string {
  if (length === 32 && random.chance(0.4)) return bytesToHex(random.pick(hashes))
  return bytesToHex(random.chance(0.4) ? new Uint8Array(length) : randomBytes(random, length))
}

import { p256 } from '@noble/curves/nist.js'
import { concatBytes, EMPTY_BYTES } from '../../../primitives/bytes.ts'
import type { Precompile } from './precompile.ts'

const INPUT_BYTES = 160
const UNCOMPRESSED = Uint8Array.of(0x04)

/** 0x100: hash, r, s, x, y -> 1 as a word when the P-256 signature is good, else nothing (EIP-7951). */
export const p256Verify: Precompile = {
  gas: () => 6_900n,
  run: (input) => (input.length === INPUT_BYTES && isGood(input) ? ONE : EMPTY_BYTES),
}

const ONE = new Uint8Array(32).fill(1, 31)

function isGood(input: Uint8Array): boolean {
  const hash = input.subarray(0, 32)
  const signature = input.subarray(32, 96)
  const publicKey = concatBytes(UNCOMPRESSED, input.subarray(96))
  try {
    return p256.verify(signature, hash, publicKey, { prehash: false, lowS: false, format: 'compact' })
  } catch {
    // The library throws on r, s or a point out of range.
    return false
  }
}

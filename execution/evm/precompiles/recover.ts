import { EMPTY_BYTES } from '../../../primitives/bytes.ts'
import { addressToBytes } from '../../../primitives/hex.ts'
import { recoverAddress } from '../../../primitives/secp256k1.ts'
import { readInput, readInteger } from './input.ts'
import type { Precompile } from './precompile.ts'

/** 0x01: hash, v, r, s -> the signer's address behind 12 zeros, or nothing. Any s below the order is good. */
export const recover: Precompile = {
  gas: () => 3_000n,
  run(input) {
    const v = readInteger(input, 32, 32)
    if (v !== 27n && v !== 28n) return EMPTY_BYTES
    const hash = readInput(input, 0, 32)
    const address = recoverAddress(hash, v - 27n, readInteger(input, 64, 32), readInteger(input, 96, 32))
    if (address === undefined) return EMPTY_BYTES
    const output = new Uint8Array(32)
    output.set(addressToBytes(address), 12)
    return output
  },
}

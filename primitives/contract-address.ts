import { bigintToMinimalBytes, concatBytes } from './bytes.ts'
import { type Address, addressToBytes, bytesToHex, type Hash, hashToBytes } from './hex.ts'
import { keccak256 } from './keccak.ts'
import { encodeRlp } from './rlp.ts'

/** Where CREATE and a creating transaction put the contract; `nonce` is the sender's before it (Yellow Paper 7). */
export function createAddress(sender: Address, nonce: bigint): Address {
  return lowTwentyBytes(keccak256(encodeRlp([addressToBytes(sender), bigintToMinimalBytes(nonce)])))
}

/** Where CREATE2 puts the contract (EIP-1014). */
export function create2Address(sender: Address, salt: Hash, initCode: Uint8Array): Address {
  const preimage = concatBytes(Uint8Array.of(0xff), addressToBytes(sender), hashToBytes(salt), keccak256(initCode))
  return lowTwentyBytes(keccak256(preimage))
}

function lowTwentyBytes(digest: Uint8Array): Address {
  return bytesToHex(digest.subarray(12))
}

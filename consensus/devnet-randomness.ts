import { bigintToBytes, concatBytes } from '../primitives/bytes.ts'
import type { Header } from '../primitives/header.ts'
import { type Hash, hashToBytes } from '../primitives/hex.ts'
import { keccak256Hex } from '../primitives/keccak.ts'
import { requireEqual } from './require-equal.ts'

const NUMBER_BYTES = 8

/**
 * mixHash under every engine of a devnet: keccak256(parentHash || number as 8 bytes big-endian). PREVRANDAO returns it
 * (EIP-4399). Nobody can choose it, and everybody can foresee it once the parent is known.
 */
export function devnetMixHash(block: Pick<Header, 'parentHash' | 'number'>): Hash {
  return keccak256Hex(concatBytes(hashToBytes(block.parentHash), bigintToBytes(block.number, NUMBER_BYTES)))
}

/** Throws `BlockError` `wrong-mix-hash`. */
export function checkDevnetMixHash(header: Header): void {
  requireEqual('wrong-mix-hash', 'mixHash', devnetMixHash(header), header.mixHash)
}

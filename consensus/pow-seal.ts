import { bigintToBytes, bytesToBigint, compareBytes, concatBytes } from '../primitives/bytes.ts'
import { encodeHeader, type Header } from '../primitives/header.ts'
import { type Hash, hashToBytes } from '../primitives/hex.ts'
import { keccak256 } from '../primitives/keccak.ts'
import { NONCE_BYTES, ZERO_NONCE } from './limits.ts'

const WORK_BYTES = 32
const NONCE_COUNT = 1n << 64n

/** What the nonce is searched for: keccak256 of the RLP of the header with a nonce of 8 zero bytes. */
export function sealHash(header: Header): Uint8Array {
  return keccak256(encodeHeader({ ...header, nonce: ZERO_NONCE }))
}

/**
 * The highest work that meets the difficulty, as 32 bytes big-endian: floor((2^256 - 1) / difficulty). Work is
 * keccak256(sealHash || nonce).
 */
export function sealTarget(difficulty: bigint): Uint8Array {
  return bigintToBytes(((1n << 256n) - 1n) / difficulty, WORK_BYTES)
}

/** Whether the header's nonce meets its difficulty. */
export function isSealed(header: Header): boolean {
  if (header.difficulty <= 0n) return false
  const work = keccak256(concatBytes(sealHash(header), header.nonce))
  return compareBytes(work, sealTarget(header.difficulty)) <= 0
}

/**
 * Where the search begins, so that a run can be repeated: the first 8 bytes of keccak256(seed || sealHash). Miners with
 * different coinbases begin elsewhere.
 */
export function firstNonce(seed: Hash, hash: Uint8Array): bigint {
  return bytesToBigint(keccak256(concatBytes(hashToBytes(seed), hash)).subarray(0, NONCE_BYTES))
}

export interface NonceSearch {
  readonly sealHash: Uint8Array
  readonly target: Uint8Array
}

/** Tries `count` nonces from `first` on, wrapping at 2^64; `undefined` when none of them will do. */
export function searchNonce(search: NonceSearch, first: bigint, count: number): bigint | undefined {
  const candidate = concatBytes(search.sealHash, ZERO_NONCE)
  const view = new DataView(candidate.buffer, search.sealHash.length, NONCE_BYTES)
  for (let tried = 0n; tried < count; tried++) {
    const nonce = (first + tried) % NONCE_COUNT
    view.setBigUint64(0, nonce)
    if (compareBytes(keccak256(candidate), search.target) <= 0) return nonce
  }
  return undefined
}

export function nonceToBytes(nonce: bigint): Uint8Array {
  return bigintToBytes(nonce, NONCE_BYTES)
}

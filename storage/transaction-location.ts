import { bigintToBytes, bytesToBigint, concatBytes } from '../primitives/bytes.ts'
import { bytesToHash, type Hash, hashToBytes } from '../primitives/hex.ts'
import { StorageError } from './storage-error.ts'

/** Where a transaction of the canonical chain stands. */
export interface TransactionLocation {
  readonly blockHash: Hash
  readonly blockNumber: bigint
  readonly index: number
}

const LENGTH = 8 + 4 + 32

export function encodeTransactionLocation({ blockHash, blockNumber, index }: TransactionLocation): Uint8Array {
  return concatBytes(bigintToBytes(blockNumber, 8), bigintToBytes(BigInt(index), 4), hashToBytes(blockHash))
}

/** Throws StorageError `corrupt`. */
export function decodeTransactionLocation(bytes: Uint8Array): TransactionLocation {
  if (bytes.length !== LENGTH) {
    throw new StorageError('corrupt', `a stored transaction location has ${bytes.length} bytes`)
  }
  return {
    blockNumber: bytesToBigint(bytes.subarray(0, 8)),
    index: Number(bytesToBigint(bytes.subarray(8, 12))),
    blockHash: bytesToHash(bytes.subarray(12)),
  }
}

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

/** Of so many transactions of a block, in their order. */
export function encodeTransactionLocations(
  { blockHash, blockNumber }: Omit<TransactionLocation, 'index'>,
  count: number,
): Uint8Array[] {
  const bytes = concatBytes(bigintToBytes(blockNumber, 8), new Uint8Array(4), hashToBytes(blockHash))
  const view = new DataView(bytes.buffer)
  return Array.from({ length: count }, (_, index) => {
    view.setUint32(8, index)
    return bytes.slice()
  })
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

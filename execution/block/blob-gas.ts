import { GAS_PER_BLOB } from '../../config/gas.ts'
import type { Transaction } from '../../primitives/transaction.ts'

/** Blob gas that the transactions use together (EIP-4844). */
export function blobGasOf(transactions: readonly Transaction[]): bigint {
  let blobs = 0
  for (const transaction of transactions) {
    if (transaction.type === 3) blobs += transaction.blobVersionedHashes.length
  }
  return BigInt(blobs) * GAS_PER_BLOB
}

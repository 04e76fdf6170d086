import { GAS_PER_BLOB } from '../../config/gas.ts'
import type { Rules } from '../../config/hardforks.ts'
import type { Header } from '../../primitives/header.ts'
import type { Transaction } from '../../primitives/transaction.ts'
import { blobBaseFee } from '../transaction/blob-fee.ts'

/** Blob gas that the transactions use together (EIP-4844). */
export function blobGasOf(transactions: readonly Transaction[]): bigint {
  let blobs = 0
  for (const transaction of transactions) {
    if (transaction.type === 3) blobs += transaction.blobVersionedHashes.length
  }
  return BigInt(blobs) * GAS_PER_BLOB
}

/**
 * Excess blob gas of a child of `parent` under the child's rules (EIP-4844). While a blob is cheaper than the execution
 * gas it is held to be worth, the excess does not fall to the target (EIP-7918). 0n before Cancun.
 */
export function nextExcessBlobGas(
  parent: Pick<Header, 'excessBlobGas' | 'blobGasUsed' | 'baseFeePerGas'>,
  rules: Rules,
): bigint {
  if (rules.blobSchedule === undefined) return 0n
  const { target, max } = rules.blobSchedule
  const excess = parent.excessBlobGas ?? 0n
  const used = parent.blobGasUsed ?? 0n
  const targetGas = BigInt(target) * GAS_PER_BLOB
  if (excess + used < targetGas) return 0n
  const reservePrice = rules.blobReserveGas * (parent.baseFeePerGas ?? 0n)
  if (reservePrice > GAS_PER_BLOB * blobBaseFee(excess, rules.blobSchedule)) {
    return excess + (used * BigInt(max - target)) / BigInt(max)
  }
  return excess + used - targetGas
}

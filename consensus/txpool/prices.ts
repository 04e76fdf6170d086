import { GAS_PER_BLOB } from '../../config/gas.ts'
import { maxFeePerGasOf, maxPriorityFeePerGasOf, type Transaction } from '../../primitives/transaction.ts'

/** Wei: the most that executing the transaction can take from its sender's balance. */
export function maxCostOf(transaction: Transaction): bigint {
  const blobCost =
    transaction.type === 3
      ? BigInt(transaction.blobVersionedHashes.length) * GAS_PER_BLOB * transaction.maxFeePerBlobGas
      : 0n
  return transaction.gasLimit * maxFeePerGasOf(transaction) + transaction.value + blobCost
}

/** The least price that replaces `price`: higher by `percent`, rounded up, and by 1 wei at least. */
export function replacementPrice(price: bigint, percent: bigint): bigint {
  const raised = (price * (100n + percent) + 99n) / 100n
  return raised > price ? raised : price + 1n
}

type Price = readonly [name: string, of: (transaction: Transaction) => bigint | undefined]

const PRICES: readonly Price[] = [
  ['maxPriorityFeePerGas', maxPriorityFeePerGasOf],
  ['maxFeePerGas', maxFeePerGasOf],
  ['maxFeePerBlobGas', (transaction) => (transaction.type === 3 ? transaction.maxFeePerBlobGas : undefined)],
]

/** The first price both have that `next` does not raise by `percent` over `old`; `undefined` when it raises all. */
export function findUnderbid(
  old: Transaction,
  next: Transaction,
  percent: bigint,
): { readonly price: string; readonly required: bigint } | undefined {
  for (const [price, of] of PRICES) {
    const before = of(old)
    const after = of(next)
    if (before === undefined || after === undefined) continue
    const required = replacementPrice(before, percent)
    if (after < required) return { price, required }
  }
  return undefined
}

import { effectiveTip, type Transaction } from '../../primitives/transaction.ts'
import { IndexedHeap } from './indexed-heap.ts'
import type { PooledTransaction } from './pooled-transaction.ts'

interface Run {
  readonly transactions: readonly PooledTransaction[]
  next: number
  tip: bigint
}

/**
 * The transactions of all runs (one sender's pending ones each, by nonce), the best effective tip first among those that
 * come next in their run; equal tips in order of arrival. A run ends at the first one that cannot pay the base fee or
 * the blob base fee. O(n log n).
 */
export function orderCandidates(
  runs: Iterable<readonly PooledTransaction[]>,
  baseFee: bigint,
  blobBaseFee: bigint,
  maxCount: number,
): Transaction[] {
  const heap = new IndexedHeap<Run>(comesBefore)
  for (const transactions of runs) offer(heap, { transactions, next: 0, tip: 0n }, baseFee, blobBaseFee)
  const ordered: Transaction[] = []
  while (ordered.length < maxCount) {
    const run = heap.first()
    if (run === undefined) break
    ordered.push(run.transactions[run.next]!.transaction)
    run.next++
    offer(heap, run, baseFee, blobBaseFee)
  }
  return ordered
}

/** Puts the run where its next transaction belongs, or takes it out when that cannot be mined. */
function offer(heap: IndexedHeap<Run>, run: Run, baseFee: bigint, blobBaseFee: bigint): void {
  const transaction = run.transactions[run.next]?.transaction
  if (transaction === undefined || !canPay(transaction, baseFee, blobBaseFee)) {
    heap.remove(run)
    return
  }
  run.tip = effectiveTip(transaction, baseFee)
  heap.place(run)
}

function canPay(transaction: Transaction, baseFee: bigint, blobBaseFee: bigint): boolean {
  if (effectiveTip(transaction, baseFee) < 0n) return false
  return transaction.type !== 3 || transaction.maxFeePerBlobGas >= blobBaseFee
}

function comesBefore(a: Run, b: Run): boolean {
  if (a.tip !== b.tip) return a.tip > b.tip
  return a.transactions[a.next]!.sequence < b.transactions[b.next]!.sequence
}

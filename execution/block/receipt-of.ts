import { logsBloom } from '../../primitives/bloom.ts'
import type { Receipt } from '../../primitives/receipt.ts'
import type { Transaction } from '../../primitives/transaction.ts'
import type { TransactionOutcome } from './outcome.ts'

/** A transaction's receipt; `status` is a state root before Byzantium. */
export function receiptOf(
  { logs, operationsHash }: TransactionOutcome,
  { type }: Pick<Transaction, 'type'>,
  cumulativeGasUsed: bigint,
  status: Receipt['status'],
): Receipt {
  return {
    type,
    status,
    cumulativeGasUsed,
    logsBloom: logsBloom(logs),
    logs,
    ...(operationsHash !== undefined && { operationsHash }),
  }
}

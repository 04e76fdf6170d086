import type { Transaction } from '../../primitives/transaction.ts'
import type { TransactionError } from '../transaction/transaction-error.ts'
import { BlockError } from './block-error.ts'

/** The verdict on a block whose transaction at that index cannot be executed. */
export function invalidTransaction(transaction: number, { code, message, details }: TransactionError): BlockError {
  return new BlockError('invalid-transaction', `transaction ${transaction}: ${message}`, {
    ...details,
    transaction,
    reason: code,
  })
}

/**
 * Yellow Paper 6.2: a transaction's gas limit has to fit into the gas that the ones before it left. Throws BlockError
 * `invalid-transaction`.
 */
export function checkGasAvailable(transaction: number, { gasLimit }: Transaction, available: bigint): void {
  if (gasLimit <= available) return
  throw new BlockError('invalid-transaction', `transaction ${transaction}: gas limit above what the block has left`, {
    transaction,
    reason: 'gas-limit-exceeds-block',
    gasLimit,
    available,
  })
}

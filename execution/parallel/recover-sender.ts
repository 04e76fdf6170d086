import type { Rules } from '../../config/hardforks.ts'
import { DecodeError } from '../../primitives/errors.ts'
import type { Address } from '../../primitives/hex.ts'
import { recoverSender, type Transaction } from '../../primitives/transaction.ts'
import { BlockError } from '../block/block-error.ts'

/** Who signed a transaction of a block. Throws BlockError `invalid-transaction` when nobody did, validly. */
export function senderInBlock(index: number, transaction: Transaction, rules: Rules): Address {
  try {
    return recoverSender(transaction, { allowHighS: !rules.requiresLowS })
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw new BlockError('invalid-transaction', `transaction ${index}: ${error.message}`, {
      transaction: index,
      reason: 'invalid-signature',
    })
  }
}

import type { Rules } from '../../config/hardforks.ts'
import { DecodeError } from '../../primitives/errors.ts'
import type { Address } from '../../primitives/hex.ts'
import { recoverSender, type SignatureOptions, type Transaction } from '../../primitives/transaction.ts'
import { BlockError } from '../block/block-error.ts'

/** Which signatures count by these rules. */
export function signaturesUnder({ requiresLowS, allowsImpersonation }: Rules): SignatureOptions {
  return { allowHighS: !requiresLowS, allowImpersonation: allowsImpersonation }
}

/** Who signed a transaction of a block. Throws BlockError `invalid-transaction` when nobody did, validly. */
export function senderInBlock(index: number, transaction: Transaction, rules: Rules): Address {
  try {
    return recoverSender(transaction, signaturesUnder(rules))
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw new BlockError('invalid-transaction', `transaction ${index}: ${error.message}`, {
      transaction: index,
      reason: 'invalid-signature',
    })
  }
}

import { EMPTY_BYTES } from '../../../primitives/bytes.ts'
import { type Address, wordToAddress } from '../../../primitives/hex.ts'
import { type Exit, OUT_OF_GAS, WRITE_IN_STATIC_CONTEXT } from '../exit.ts'
import type { Frame } from '../frame.ts'

/**
 * SELFDESTRUCT: all the balance to the beneficiary, and the account is deleted at the end of the transaction; from
 * Cancun on only if the same transaction created it (EIP-6780).
 */
export function selfDestruct(frame: Frame): Exit {
  const { stack, message, context } = frame
  const { state, rules } = context
  if (message.isStatic) return WRITE_IN_STATIC_CONTEXT
  const beneficiary = wordToAddress(stack.pop())
  if (!frame.chargeFullAccountAccess(beneficiary, 0n)) return OUT_OF_GAS

  const account = message.recipient
  const balance = state.balance(account)
  if (createsBeneficiary(frame, beneficiary, balance) && !frame.charge(rules.gas.selfDestructNewAccount))
    return OUT_OF_GAS

  const isDeleted = !rules.keepsDestroyedAccounts || state.isCreatedInTransaction(account)
  const isOwnBeneficiary = beneficiary === account
  // To itself: burnt when the account goes, else nothing happens.
  if (balance > 0n && (isDeleted || !isOwnBeneficiary)) state.debit(account, balance)
  if (!isOwnBeneficiary) {
    if (balance > 0n) state.credit(beneficiary, balance)
    else state.touch(beneficiary)
  }
  if (isDeleted) markDestroyed(frame)
  return { kind: 'return', output: EMPTY_BYTES }
}

/** Whether the beneficiary comes into being, which has a price from EIP-150 on; from EIP-161 on only with a balance. */
function createsBeneficiary(frame: Frame, beneficiary: Address, balance: bigint): boolean {
  const { state, rules } = frame.context
  if (rules.gas.selfDestructNewAccount === 0n) return false
  return rules.clearsEmptyAccounts ? balance > 0n && state.isEmpty(beneficiary) : !state.exists(beneficiary)
}

/** An account that is destroyed a second time gives no second refund. */
function markDestroyed({ message, context }: Frame): void {
  const { state, rules } = context
  state.touch(message.recipient)
  const isFirst = state.markDestroyed(message.recipient)
  if (isFirst && rules.gas.selfDestructRefund > 0n) state.addRefund(rules.gas.selfDestructRefund)
}

import { delegationTarget } from '../../execution/evm/delegation.ts'
import { KECCAK_EMPTY } from '../../primitives/keccak.ts'
import { impersonatedSender } from '../../primitives/transaction.ts'
import type { StateView } from '../../storage/state-view.ts'
import { LOCAL_ROOM, type PoolOptions } from './options.ts'
import { PoolError } from './pool-error.ts'
import type { PooledTransaction } from './pooled-transaction.ts'
import { findUnderbid } from './prices.ts'
import type { SenderTransactions } from './sender-transactions.ts'

/** What is asked of a transaction before it may join those of its sender. Throws PoolError. */
export function checkAccountTerms(
  pooled: PooledTransaction,
  sender: SenderTransactions,
  options: Pick<PoolOptions, 'perSender' | 'maxNonceDistance' | 'replacementPercent'>,
): void {
  checkNonce(pooled, sender, options)
  const replaced = sender.at(pooled.transaction.nonce)
  if (replaced) checkReplacement(replaced, pooled, options.replacementPercent)
  else checkSenderLimit(pooled, sender, options.perSender)
  checkFunds(pooled, sender, replaced)
}

function checkNonce(
  { transaction: { nonce } }: PooledTransaction,
  sender: SenderTransactions,
  { maxNonceDistance }: Pick<PoolOptions, 'maxNonceDistance'>,
): void {
  if (nonce < sender.nonce) {
    throw new PoolError('nonce-too-low', `next nonce ${sender.nonce}, tx nonce ${nonce}`, { nonce, next: sender.nonce })
  }
  if (nonce > sender.nonce + maxNonceDistance) {
    const details = { nonce, next: sender.nonce, maxNonceDistance }
    throw new PoolError('nonce-too-far', `nonce too high: next nonce ${sender.nonce}, tx nonce ${nonce}`, details)
  }
}

function checkReplacement(old: PooledTransaction, next: PooledTransaction, percent: bigint): void {
  const underbid = findUnderbid(old.transaction, next.transaction, percent)
  if (underbid === undefined) return
  throw new PoolError('replacement-underpriced', `${underbid.price} must be at least ${underbid.required}`, {
    ...underbid,
  })
}

/** A sender at its limit may still fill a gap: its last transaction makes room for an earlier one. */
function checkSenderLimit(pooled: PooledTransaction, sender: SenderTransactions, perSender: number): void {
  const limit = senderLimit(pooled, perSender)
  if (sender.size < limit) return
  if (sender.last !== undefined && pooled.transaction.nonce < sender.last.transaction.nonce) return
  throw new PoolError('sender-limit', `the sender has ${limit} transactions in the pool`, { limit })
}

export function senderLimit({ isPrivileged }: PooledTransaction, perSender: number): number {
  return isPrivileged ? perSender * LOCAL_ROOM : perSender
}

/** Cumulative over the pending ones, so that a sender cannot fill the pool with what it can pay for once. */
function checkFunds(
  pooled: PooledTransaction,
  sender: SenderTransactions,
  replaced: PooledTransaction | undefined,
): void {
  const isReplacedPending = replaced !== undefined && replaced.transaction.nonce < sender.nextNonce
  const others = sender.pendingCost - (isReplacedPending ? replaced.maxCost : 0n)
  const required = others + pooled.maxCost
  if (required <= sender.balance) return
  const text = `insufficient funds for gas * price + value: balance ${sender.balance}, pending cost ${others}, tx cost ${pooled.maxCost}`
  throw new PoolError('insufficient-funds', text, { balance: sender.balance, required })
}

/** Whether the sender delegates to code (EIP-7702). Throws PoolError when it is a contract (EIP-3607) that sent nothing itself. */
export function checkCode(
  { sender: address, transaction }: PooledTransaction,
  state: Pick<StateView, 'account' | 'code'>,
): boolean {
  const codeHash = state.account(address)?.codeHash ?? KECCAK_EMPTY
  if (codeHash === KECCAK_EMPTY) return false
  if (delegationTarget(state.code(codeHash)) !== undefined) return true
  if (impersonatedSender(transaction) !== undefined) return false
  throw new PoolError('sender-has-code', 'sender not an eoa', { address })
}

/**
 * Someone else can spend a delegated account's balance or raise its nonce at any time, and so make all that it has in the
 * pool worthless at once. So it may have one transaction there: its next, or what replaces it (EIP-7702, "Transaction
 * propagation").
 */
export function checkDelegatedSender(pooled: PooledTransaction, sender: SenderTransactions): void {
  const { nonce } = pooled.transaction
  const isReplacement = sender.at(nonce) !== undefined
  if (isReplacement || (sender.size === 0 && nonce === sender.nonce)) return
  throw new PoolError('delegated-account-limit', 'a delegated account may have one transaction in flight', { nonce })
}

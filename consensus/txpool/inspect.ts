import { signaturesUnder } from '../../execution/parallel/recover-sender.ts'
import { checkTransactionStatically } from '../../execution/transaction/static-checks.ts'
import { encodeNetworkTransaction, type NetworkTransaction } from '../../primitives/blob-transaction.ts'
import { DecodeError } from '../../primitives/errors.ts'
import type { Address } from '../../primitives/hex.ts'
import {
  encodeTransaction,
  maxFeePerGasOf,
  recoverAuthority,
  recoverSender,
  type Transaction,
  transactionHash,
} from '../../primitives/transaction.ts'
import type { NextBlock, PoolSenders } from './modules.ts'
import type { PoolOptions } from './options.ts'
import { PoolError } from './pool-error.ts'

/** What can be learned of a transaction without any account. */
export interface Inspected {
  readonly sender: Address
  readonly authorities: readonly Address[]
  readonly bytes: number
}

type InspectOptions = Pick<
  PoolOptions,
  'chainId' | 'maxTransactionBytes' | 'maxBlobTransactionBytes' | 'minimumGasPrice' | 'allowsImpersonation'
>

/**
 * Checks what needs no account: size, price, the rules of the next block, signature. Cheap checks first, recovering the
 * sender (50 µs) last. Throws PoolError or TransactionError.
 */
export function inspect(
  { transaction, sidecar }: NetworkTransaction,
  options: InspectOptions,
  next: NextBlock,
  senders: PoolSenders | undefined,
): Inspected {
  const bytes = checkSize({ transaction, sidecar }, options)
  checkRules(transaction, options, next)
  return { sender: senderOf(transaction, options, next, senders), authorities: authoritiesOf(transaction), bytes }
}

/** What has to be asked again when the rules change. Throws PoolError or TransactionError. */
export function checkRules(
  transaction: Transaction,
  options: Pick<PoolOptions, 'chainId' | 'minimumGasPrice'>,
  { rules, gasLimit, minimumGasPrice = options.minimumGasPrice }: NextBlock,
): void {
  const offered = maxFeePerGasOf(transaction)
  if (offered < minimumGasPrice) {
    const details = { offered, required: minimumGasPrice }
    throw new PoolError('underpriced', 'transaction underpriced: below the minimum gas price', details)
  }
  if (transaction.gasLimit > gasLimit) {
    const details = { gasLimit: transaction.gasLimit, blockGasLimit: gasLimit }
    throw new PoolError('gas-limit-exceeds-block', 'exceeds block gas limit', details)
  }
  checkTransactionStatically(transaction, rules, options.chainId)
}

function checkSize(
  { transaction, sidecar }: NetworkTransaction,
  options: Pick<PoolOptions, 'maxTransactionBytes' | 'maxBlobTransactionBytes'>,
): number {
  if (sidecar !== undefined && transaction.type !== 3) {
    throw new PoolError('unexpected-sidecar', 'only a blob transaction has a sidecar')
  }
  const plainBytes = encodeTransaction(transaction).length
  const bytes = sidecar === undefined ? plainBytes : encodeNetworkTransaction(transaction, sidecar).length
  const limit = sidecar === undefined ? options.maxTransactionBytes : options.maxBlobTransactionBytes
  if (plainBytes > options.maxTransactionBytes || bytes > limit) {
    throw new PoolError('transaction-too-large', `more than ${limit} bytes`, { bytes, limit })
  }
  return bytes
}

function senderOf(
  transaction: Transaction,
  { allowsImpersonation }: InspectOptions,
  { rules }: NextBlock,
  senders: PoolSenders | undefined,
): Address {
  // Not before Homestead: what is remembered is good under every later hardfork.
  const memory = rules.requiresLowS ? senders : undefined
  const hash = transactionHash(transaction)
  const known = memory?.get(hash)
  if (known !== undefined) return known
  try {
    const signatures = signaturesUnder(rules)
    const sender = recoverSender(
      transaction,
      allowsImpersonation ? signatures : { ...signatures, allowImpersonation: false },
    )
    memory?.add(hash, sender)
    return sender
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw new PoolError('invalid-signature', error.message, {}, { cause: error })
  }
}

/** Only those that could take effect count; who signed nothing valid is not concerned. */
function authoritiesOf(transaction: Transaction): Address[] {
  if (transaction.type !== 4) return []
  const authorities = new Set<Address>()
  for (const authorization of transaction.authorizationList) {
    const authority = recoverAuthority(authorization)
    if (authority !== undefined) authorities.add(authority)
  }
  return [...authorities]
}

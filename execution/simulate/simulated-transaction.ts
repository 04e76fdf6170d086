import { GAS_PER_BLOB } from '../../config/gas.ts'
import { EMPTY_BYTES } from '../../primitives/bytes.ts'
import type { Address, Hash } from '../../primitives/hex.ts'
import { accessListOf, effectiveGasPrice, maxFeePerGasOf, type Transaction } from '../../primitives/transaction.ts'
import type { BlockEnvironment } from '../block/environment.ts'
import type { TransactionOutcome } from '../block/outcome.ts'
import type { CallRequest } from '../call.ts'
import { withFallback } from '../compiler/execute.ts'
import type { WorldState } from '../state/world-state.ts'
import { floorGas, intrinsicGas } from '../transaction/intrinsic-gas.ts'
import { runTransaction, type TransactionWatch } from '../transaction/run.ts'
import { checkBlobs, checkInitCode, checkIntrinsicGas, checkTransactionType } from '../transaction/static-checks.ts'
import { TransactionError } from '../transaction/transaction-error.ts'
import { SimulationError } from './simulation-error.ts'

const MAX_NONCE = (1n << 64n) - 1n
const NO_SIGNATURE = { r: 0n, s: 0n } as const

/** The transaction that a call would be, with zeros for a signature: of the oldest type that has what the call names. */
export function unsignedTransaction(
  request: CallRequest,
  { nonce, gasLimit }: Pick<Transaction, 'nonce' | 'gasLimit'>,
  { chainId, rules }: Pick<BlockEnvironment, 'chainId' | 'rules'>,
): Transaction {
  const { to, value = 0n, data = EMPTY_BYTES, accessList, authorizationList, blobVersionedHashes } = request
  const common = { nonce, gasLimit, to, value, data, ...NO_SIGNATURE }
  const typed = { ...common, chainId, accessList: accessList ?? [], yParity: 0n }
  const gasPrice = request.gasPrice ?? (rules.hasBaseFee ? undefined : 0n)
  if (gasPrice !== undefined) {
    return accessList === undefined ? { type: 0, ...common, gasPrice, v: 0n } : { type: 1, ...typed, gasPrice }
  }
  const { maxFeePerGas = 0n, maxPriorityFeePerGas = 0n, maxFeePerBlobGas = 0n } = request
  const fees = { maxFeePerGas, maxPriorityFeePerGas }
  if (authorizationList !== undefined) {
    return { type: 4, ...typed, ...fees, to: requireRecipient(to), authorizationList }
  }
  if (blobVersionedHashes !== undefined) {
    return { type: 3, ...typed, ...fees, to: requireRecipient(to), maxFeePerBlobGas, blobVersionedHashes }
  }
  return { type: 2, ...typed, ...fees }
}

function requireRecipient(to: Address | undefined): Address {
  if (to !== undefined) return to
  throw new SimulationError('recipient-missing', 'a transaction of this type cannot create a contract')
}

export interface SimulatedTransactionOptions {
  /** Check nonce and prices; otherwise a transaction that names no price pays none. */
  readonly validates: boolean
  /** In wei. */
  readonly blobBaseFee: bigint
  readonly watch: TransactionWatch
}

/**
 * Executes a transaction that nobody signed, and ends it in `state`. Its signature, its sender's code and the hardfork's cap
 * on gas are not checked. Throws TransactionError when it cannot start.
 */
export function applyUnsigned(
  transaction: Transaction,
  sender: Address,
  environment: BlockEnvironment,
  state: WorldState,
  { validates, blobBaseFee, watch }: SimulatedTransactionOptions,
): TransactionOutcome {
  const { rules, baseFeePerGas } = environment
  const { type, to, value, data, gasLimit } = transaction
  checkTransactionType(type, rules)
  if (type === 3) checkBlobs(transaction, rules)
  const isFree = !validates && maxFeePerGasOf(transaction) === 0n
  const gasPrice = effectiveGasPrice(transaction, baseFeePerGas)
  const intrinsic = intrinsicGas(transaction, rules)
  const floor = floorGas(transaction, rules)
  return withFallback(() => {
    state.beginTransaction()
    const nonce = state.nonce(sender)
    if (validates) checkNonce(transaction.nonce, nonce)
    if (!isFree) checkFeeCap(transaction, baseFeePerGas)
    const blobs = blobTerms(transaction, blobBaseFee, validates)
    checkFunds(state.balance(sender), value + gasLimit * maxFeePerGasOf(transaction) + blobs.highestFee)
    checkIntrinsicGas(gasLimit, intrinsic, floor)
    checkInitCode(to === undefined ? data.length : 0, rules)
    const checked = {
      sender,
      to,
      nonce,
      value,
      data,
      gasLimit,
      gasPrice,
      priorityFeePerGas: isFree ? 0n : gasPrice - baseFeePerGas,
      blobFee: blobs.fee,
      blobBaseFee,
      accessList: accessListOf(transaction),
      blobVersionedHashes: blobs.hashes,
      authorizationList: type === 4 ? transaction.authorizationList : [],
      intrinsicGas: intrinsic,
      floorGas: floor,
    }
    return runTransaction(checked, environment, state, watch)
  })
}

interface BlobTerms {
  readonly hashes: readonly Hash[]
  /** What they cost, and what they might cost, in wei. */
  readonly fee: bigint
  readonly highestFee: bigint
}

function blobTerms(transaction: Transaction, blobBaseFee: bigint, validates: boolean): BlobTerms {
  if (transaction.type !== 3) return { hashes: [], fee: 0n, highestFee: 0n }
  const { blobVersionedHashes: hashes, maxFeePerBlobGas: feeCap } = transaction
  if (!validates && feeCap === 0n) return { hashes, fee: 0n, highestFee: 0n }
  if (feeCap < blobBaseFee) {
    const details = { feeCap, blobBaseFee }
    throw new TransactionError('blob-fee-cap-below-base-fee', `blob fee cap below ${blobBaseFee}`, details)
  }
  const gas = BigInt(hashes.length) * GAS_PER_BLOB
  return { hashes, fee: gas * blobBaseFee, highestFee: gas * feeCap }
}

function checkNonce(nonce: bigint, expected: bigint): void {
  const details = { nonce, expected }
  if (nonce < expected) throw new TransactionError('nonce-too-low', `nonce ${nonce}, not ${expected}`, details)
  if (nonce > expected) throw new TransactionError('nonce-too-high', `nonce ${nonce}, not ${expected}`, details)
  if (nonce === MAX_NONCE) throw new TransactionError('nonce-at-maximum', 'the nonce is 2^64 - 1', details)
}

function checkFeeCap(transaction: Transaction, baseFeePerGas: bigint): void {
  const feeCap = maxFeePerGasOf(transaction)
  if ('maxFeePerGas' in transaction && transaction.maxPriorityFeePerGas > feeCap) {
    const details = { maxPriorityFeePerGas: transaction.maxPriorityFeePerGas, maxFeePerGas: feeCap }
    throw new TransactionError('priority-fee-above-fee-cap', 'max priority fee per gas above max fee per gas', details)
  }
  if (feeCap >= baseFeePerGas) return
  const details = { feeCap, baseFeePerGas }
  throw new TransactionError('fee-cap-below-base-fee', `fee cap ${feeCap} below ${baseFeePerGas}`, details)
}

function checkFunds(balance: bigint, required: bigint): void {
  if (balance >= required) return
  throw new TransactionError('insufficient-funds', `balance ${balance} below ${required}`, { balance, required })
}

import { GAS_PER_BLOB } from '../../config/gas.ts'
import type { Address, Hash } from '../../primitives/hex.ts'
import {
  accessListOf,
  effectiveGasPrice,
  impersonatedSender,
  maxFeePerGasOf,
  type Transaction,
} from '../../primitives/transaction.ts'
import type { BlockEnvironment } from '../block/environment.ts'
import type { TransactionOutcome } from '../block/outcome.ts'
import { type Watch, withFallback } from '../compiler/execute.ts'
import { delegationTarget } from '../evm/delegation.ts'
import type { WorldState } from '../state/world-state.ts'
import { blobBaseFee } from './blob-fee.ts'
import { floorGas, intrinsicGas } from './intrinsic-gas.ts'
import { type CheckedTransaction, runTransaction } from './run.ts'
import { checkTransactionStatically } from './static-checks.ts'
import { TransactionError } from './transaction-error.ts'

/**
 * Executes a transaction in a block and ends it in `state`: its outcome is relative to before it. Throws TransactionError,
 * without having changed anything, when it cannot be executed. How much of the block's gas and blob gas is left is the
 * caller's to check: here it is held against an empty block. The signature has been checked: it gave `sender`.
 */
export function applyTransaction(
  transaction: Transaction,
  sender: Address,
  environment: BlockEnvironment,
  state: WorldState,
  watch: Watch = {},
): TransactionOutcome {
  const { rules, baseFeePerGas } = environment
  checkTransactionStatically(transaction, rules, environment.chainId)
  const blobFeePerGas = blobBaseFeeIn(environment)
  checkPrices(transaction, environment, blobFeePerGas)
  const gasPrice = effectiveGasPrice(transaction, baseFeePerGas)
  const blobVersionedHashes = blobHashesOf(transaction)
  const checked: CheckedTransaction = {
    sender,
    to: transaction.to,
    nonce: transaction.nonce,
    value: transaction.value,
    data: transaction.data,
    gasLimit: transaction.gasLimit,
    gasPrice,
    priorityFeePerGas: gasPrice - baseFeePerGas,
    blobFee: BigInt(blobVersionedHashes.length) * GAS_PER_BLOB * blobFeePerGas,
    blobBaseFee: blobFeePerGas,
    accessList: accessListOf(transaction),
    blobVersionedHashes,
    authorizationList: transaction.type === 4 ? transaction.authorizationList : [],
    intrinsicGas: intrinsicGas(transaction, rules),
    floorGas: floorGas(transaction, rules),
  }
  return withFallback(() => {
    state.beginTransaction()
    checkSender(transaction, sender, state)
    return runTransaction(checked, environment, state, watch)
  })
}

/** In wei; 0n before Cancun. */
export function blobBaseFeeIn({ rules, excessBlobGas, blobBaseFee: overridden }: BlockEnvironment): bigint {
  if (overridden !== undefined) return overridden
  return rules.blobSchedule === undefined ? 0n : blobBaseFee(excessBlobGas, rules.blobSchedule)
}

function blobHashesOf(transaction: Transaction): readonly Hash[] {
  return transaction.type === 3 ? transaction.blobVersionedHashes : []
}

/** Gas limit and fee caps against the block's. Throws TransactionError. */
export function checkPrices(transaction: Transaction, environment: BlockEnvironment, blobFeePerGas: bigint): void {
  const { gasLimit, baseFeePerGas } = environment
  if (transaction.gasLimit > gasLimit) {
    const details = { gasLimit: transaction.gasLimit, blockGasLimit: gasLimit }
    throw new TransactionError('gas-limit-exceeds-block', `gas limit above the block's ${gasLimit}`, details)
  }
  const feeCap = maxFeePerGasOf(transaction)
  if (feeCap < baseFeePerGas) {
    const details = { feeCap, baseFeePerGas }
    throw new TransactionError('fee-cap-below-base-fee', `fee cap ${feeCap} below ${baseFeePerGas}`, details)
  }
  if (transaction.type === 3 && transaction.maxFeePerBlobGas < blobFeePerGas) {
    const details = { feeCap: transaction.maxFeePerBlobGas, blobBaseFee: blobFeePerGas }
    throw new TransactionError('blob-fee-cap-below-base-fee', `blob fee cap below ${blobFeePerGas}`, details)
  }
}

/** Nonce, balance and code, which every transaction looks at. Throws TransactionError. */
export function checkSender(transaction: Transaction, sender: Address, state: WorldState): void {
  const { nonce } = transaction
  const expected = state.nonce(sender)
  if (nonce !== expected) {
    const code = nonce < expected ? 'nonce-too-low' : 'nonce-too-high'
    throw new TransactionError(code, `nonce ${nonce}, not ${expected}`, { nonce, expected })
  }
  const balance = state.balance(sender)
  const required = highestCost(transaction)
  if (balance < required) {
    const details = { balance, required }
    throw new TransactionError('insufficient-funds', `balance ${balance} below ${required}`, details)
  }
  const code = state.code(sender)
  const isContract = code.length > 0 && delegationTarget(code) === undefined
  if (isContract && impersonatedSender(transaction) === undefined) {
    throw new TransactionError('sender-has-code', `the sender ${sender} is a contract`)
  }
}

/** Wei that the sender must have: value, all gas at the fee cap, all blobs at theirs. */
function highestCost(transaction: Transaction): bigint {
  const blobFeeCap = transaction.type === 3 ? transaction.maxFeePerBlobGas : 0n
  const blobGas = BigInt(blobHashesOf(transaction).length) * GAS_PER_BLOB
  return transaction.value + transaction.gasLimit * maxFeePerGasOf(transaction) + blobGas * blobFeeCap
}

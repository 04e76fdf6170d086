import { GAS_PER_BLOB } from '../../config/gas.ts'
import { EMPTY_BYTES } from '../../primitives/bytes.ts'
import type { BlockEnvironment } from '../block/environment.ts'
import type { CallOutcome, CallRequest } from '../call.ts'
import { type Watch, withFallback } from '../compiler/execute.ts'
import type { WorldState } from '../state/world-state.ts'
import { blobBaseFeeIn } from './apply.ts'
import { floorGas, intrinsicGas } from './intrinsic-gas.ts'
import { runTransaction } from './run.ts'
import { checkInitCode, checkIntrinsicGas } from './static-checks.ts'
import { TransactionError } from './transaction-error.ts'

/**
 * Runs a call as if its sender had signed it: nonce, signature and the sender's code are not checked, and without a price
 * gas is free and the base fee 0. Without a gas limit it gets the block's. The changes stay in `state`, which is
 * meant to be thrown away. Throws TransactionError when the call cannot start.
 */
export function simulateCall(
  request: CallRequest,
  environment: BlockEnvironment,
  state: WorldState,
  watch: Watch = {},
): CallOutcome {
  const { rules } = environment
  const { from, to, value = 0n, data = EMPTY_BYTES } = request
  const { accessList = [], authorizationList = [], blobVersionedHashes = [] } = request
  const gasLimit = request.gasLimit ?? environment.gasLimit
  const fields = { to, data, accessList, authorizationList }
  const intrinsic = intrinsicGas(fields, rules)
  const floor = floorGas(fields, rules)
  checkInitCode(to === undefined ? data.length : 0, rules)
  checkIntrinsicGas(gasLimit, intrinsic, floor)
  const prices = pricesOf(request, environment)

  const block = prices.feeCap === 0n ? { ...environment, baseFeePerGas: 0n } : environment
  const blobGas = GAS_PER_BLOB * BigInt(blobVersionedHashes.length)
  const required = value + gasLimit * prices.feeCap + blobGas * prices.blobFeeCap
  const { succeeded, output, gasUsed, logs, error } = withFallback(() => {
    state.beginTransaction()
    const balance = state.balance(from)
    if (balance < required) {
      throw new TransactionError('insufficient-funds', `balance ${balance} below ${required}`, { balance, required })
    }
    const transaction = {
      sender: from,
      to,
      nonce: state.nonce(from),
      value,
      data,
      gasLimit,
      gasPrice: prices.gasPrice,
      priorityFeePerGas: prices.gasPrice - block.baseFeePerGas,
      blobFee: prices.blobFeeCap === 0n ? 0n : blobGas * prices.blobBaseFee,
      blobBaseFee: prices.blobBaseFee,
      accessList,
      blobVersionedHashes,
      authorizationList,
      intrinsicGas: intrinsic,
      floorGas: floor,
    }
    return runTransaction(transaction, block, state, watch)
  })
  return { succeeded, output, gasUsed, logs, error }
}

interface Prices {
  /** Highest wei for a unit of gas: 0n makes it free. */
  readonly feeCap: bigint
  /** Effective. */
  readonly gasPrice: bigint
  readonly blobFeeCap: bigint
  readonly blobBaseFee: bigint
}

function pricesOf(request: CallRequest, environment: BlockEnvironment): Prices {
  const { baseFeePerGas } = environment
  const tip = request.maxPriorityFeePerGas ?? 0n
  const feeCap = feeCapOf(request)
  const blobBaseFee = blobBaseFeeIn(environment)
  const blobFeeCap = request.maxFeePerBlobGas ?? 0n
  if (feeCap > 0n && feeCap < baseFeePerGas) {
    const details = { feeCap, baseFeePerGas }
    throw new TransactionError('fee-cap-below-base-fee', `fee cap ${feeCap} below ${baseFeePerGas}`, details)
  }
  if (request.maxFeePerGas !== undefined && tip > request.maxFeePerGas) {
    throw new TransactionError('priority-fee-above-fee-cap', 'max priority fee per gas above max fee per gas')
  }
  if (blobFeeCap > 0n && blobFeeCap < blobBaseFee) {
    const details = { feeCap: blobFeeCap, blobBaseFee }
    throw new TransactionError('blob-fee-cap-below-base-fee', `blob fee cap below ${blobBaseFee}`, details)
  }
  const withTip = baseFeePerGas + tip
  const isDynamic = request.gasPrice === undefined && feeCap > 0n
  return { feeCap, gasPrice: isDynamic && withTip < feeCap ? withTip : feeCap, blobFeeCap, blobBaseFee }
}

/** The most wei that a call would pay for a unit of gas; 0n when it names no price. */
export function feeCapOf(request: Pick<CallRequest, 'gasPrice' | 'maxFeePerGas'>): bigint {
  return request.gasPrice ?? request.maxFeePerGas ?? 0n
}

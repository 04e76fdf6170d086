import { GAS_PER_BLOB } from '../../config/gas.ts'
import type { BlockEnvironment } from '../../execution/block/environment.ts'
import type { MemoryAccount } from '../../execution/state/memory-view.ts'
import type { WorldState } from '../../execution/state/world-state.ts'
import { applyTransaction, blobBaseFeeIn } from '../../execution/transaction/apply.ts'
import { applyAuthorizations } from '../../execution/transaction/authorizations.ts'
import { intrinsicGas } from '../../execution/transaction/intrinsic-gas.ts'
import type { Address } from '../../primitives/hex.ts'
import {
  accessListOf,
  effectiveGasPrice,
  recoverAuthority,
  recoverSender,
  type Transaction,
} from '../../primitives/transaction.ts'
import type { FuzzMessage } from '../fuzz/fuzz-case.ts'
import { type TraceDifference, traceDifference } from '../fuzz/trace-difference.ts'

/**
 * The trace of a valid transaction, up to the step at which @ethereumjs/evm goes another way. `stateBefore` gives a fresh
 * state before the transaction, which records, at each call.
 */
export async function traceTransaction(
  transaction: Transaction,
  environment: BlockEnvironment,
  stateBefore: () => WorldState,
): Promise<TraceDifference> {
  const sender = recoverSender(transaction, { allowHighS: !environment.rules.requiresLowS })
  const { reads } = applyTransaction(transaction, sender, environment, stateBefore())
  const state = stateBefore()
  state.beginTransaction()
  prepare(transaction, sender, environment, state)
  const accounts = [...reads]
    .filter(([address]) => state.exists(address))
    .map(([address, { slots }]) => {
      const account: MemoryAccount = {
        nonce: state.nonce(address),
        balance: state.balance(address),
        code: state.code(address),
        storage: new Map(slots.map((slot) => [slot, state.slot(address, slot)])),
      }
      return [address, account] as const
    })
  return await traceDifference(accounts, messageOf(transaction, sender, environment), environment)
}

/** What happens before the message: the gas is bought, delegations are set. The nonce is the message's own business. */
function prepare(transaction: Transaction, sender: Address, environment: BlockEnvironment, state: WorldState): void {
  const gasPrice = effectiveGasPrice(transaction, environment.baseFeePerGas)
  const blobs = transaction.type === 3 ? transaction.blobVersionedHashes.length : 0
  const blobFee = BigInt(blobs) * GAS_PER_BLOB * blobBaseFeeIn(environment)
  state.debit(sender, transaction.gasLimit * gasPrice + blobFee)
  if (transaction.type !== 4) return
  const nonce = state.nonce(sender)
  state.setNonce(sender, nonce + 1n)
  applyAuthorizations(transaction.authorizationList, environment.chainId, state)
  state.setNonce(sender, state.nonce(sender) - 1n)
}

function messageOf(transaction: Transaction, sender: Address, environment: BlockEnvironment): FuzzMessage {
  const authorities = transaction.type === 4 ? transaction.authorizationList.map(recoverAuthority) : []
  const warm = authorities.filter((authority) => authority !== undefined).map((address) => ({ address, slots: [] }))
  return {
    sender,
    to: transaction.to,
    value: transaction.value,
    data: transaction.data,
    gas: transaction.gasLimit - intrinsicGas(transaction, environment.rules),
    gasPrice: effectiveGasPrice(transaction, environment.baseFeePerGas),
    isStatic: false,
    accessList: [...accessListOf(transaction), ...warm],
    blobVersionedHashes: transaction.type === 3 ? transaction.blobVersionedHashes : [],
  }
}

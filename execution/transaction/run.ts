import { EMPTY_BYTES } from '../../primitives/bytes.ts'
import { createAddress } from '../../primitives/contract-address.ts'
import type { Address, Hash } from '../../primitives/hex.ts'
import type { AccessListItem, Authorization } from '../../primitives/transaction.ts'
import type { BlockEnvironment } from '../block/environment.ts'
import type { TransactionOutcome } from '../block/outcome.ts'
import { execute, type Watch } from '../compiler/execute.ts'
import { delegationTarget } from '../evm/delegation.ts'
import type { Exit } from '../evm/exit.ts'
import { type Message, outputOf } from '../evm/message.ts'
import type { WorldState } from '../state/world-state.ts'
import { applyAuthorizations } from './authorizations.ts'

/** A transaction that has been checked: what running it needs, prices settled. */
export interface CheckedTransaction {
  readonly sender: Address
  readonly to: Address | undefined
  /** The sender's before the transaction. */
  readonly nonce: bigint
  readonly value: bigint
  readonly data: Uint8Array
  readonly gasLimit: bigint
  /** Wei for a unit of gas ... */
  readonly gasPrice: bigint
  /** ... and how much of it is for the coinbase. */
  readonly priorityFeePerGas: bigint
  /** Wei for all blobs, which are burnt. */
  readonly blobFee: bigint
  readonly blobBaseFee: bigint
  readonly accessList: readonly AccessListItem[]
  readonly blobVersionedHashes: readonly Hash[]
  readonly authorizationList: readonly Authorization[]
  readonly intrinsicGas: bigint
  readonly floorGas: bigint
}

/** Who looks on while a transaction runs. */
export interface TransactionWatch extends Watch {
  /** Takes note of the gas used before refunds, and no less than the floor. */
  readonly spent?: { gas: bigint } | undefined
}

/**
 * Runs a transaction that has been checked, inside a transaction of `state` that has been begun, and ends it
 * (execution-specs fork.py, process_transaction from the buying of gas on).
 */
export function runTransaction(
  transaction: CheckedTransaction,
  environment: BlockEnvironment,
  state: WorldState,
  watch: TransactionWatch = {},
): TransactionOutcome {
  const { sender, gasLimit, gasPrice } = transaction
  state.debit(sender, gasLimit * gasPrice + transaction.blobFee)
  // It wraps only in simulations, which may begin with the last nonce there is.
  state.setNonce(sender, BigInt.asUintN(64, transaction.nonce + 1n))
  warmUp(transaction, environment, state)
  applyAuthorizations(transaction.authorizationList, environment.chainId, state)

  const gas = gasLimit - transaction.intrinsicGas
  const message = outermostMessage(transaction, gas, state, environment)
  const context = {
    block: environment,
    origin: sender,
    gasPrice,
    blobVersionedHashes: transaction.blobVersionedHashes,
    blobBaseFee: transaction.blobBaseFee,
  }
  const { exit, gasLeft } = execute(message, context, state, watch)

  const gasUsed = settledGas(transaction, gasLimit - gasLeft, state.refund, environment)
  if (watch.spent !== undefined) watch.spent.gas = settledGas(transaction, gasLimit - gasLeft, 0n, environment)
  state.credit(sender, (gasLimit - gasUsed) * gasPrice)
  state.credit(environment.coinbase, gasUsed * transaction.priorityFeePerGas)

  const { effects, logs, operationsHash } = state.endTransaction()
  const succeeded = exit.kind === 'return'
  return {
    ...effects,
    sender,
    succeeded,
    gasUsed,
    logs,
    operationsHash,
    output: outputOf(exit),
    contractAddress: succeeded && message.kind === 'create' ? message.recipient : undefined,
    error: describe(exit),
  }
}

/** EIP-2929, EIP-2930, EIP-3651. Precompiles are warm without being named. */
export function warmUp(
  { sender, accessList }: Pick<CheckedTransaction, 'sender' | 'accessList'>,
  { rules, coinbase }: Pick<BlockEnvironment, 'rules' | 'coinbase'>,
  state: WorldState,
): void {
  if (!rules.hasWarmth) return
  state.warmAddress(sender)
  if (rules.warmsCoinbase) state.warmAddress(coinbase)
  for (const { address, slots } of accessList) {
    state.warmAddress(address)
    for (const slot of slots) state.warmSlot(address, slot)
  }
}

/**
 * The message that a transaction sends with what is left of its gas. Warms its recipient, and the delegate (EIP-7702) whose
 * code runs. `nonce` is the sender's before the transaction.
 */
export function outermostMessage(
  { sender, to, nonce, value, data }: Pick<CheckedTransaction, 'sender' | 'to' | 'nonce' | 'value' | 'data'>,
  gas: bigint,
  state: WorldState,
  { rules }: Pick<BlockEnvironment, 'rules'>,
): Message {
  const recipient = to ?? createAddress(sender, nonce)
  if (rules.hasWarmth) state.warmAddress(recipient)
  const common = {
    caller: sender,
    recipient,
    value,
    transfersValue: true,
    gas,
    depth: 0,
    isStatic: false,
  }
  if (to === undefined) {
    return {
      ...common,
      kind: 'create',
      codeAddress: recipient,
      isDelegated: false,
      code: data,
      codeHash: undefined,
      data: EMPTY_BYTES,
    }
  }
  const code = state.code(to)
  const delegate = rules.hasDelegation ? delegationTarget(code) : undefined
  if (delegate !== undefined) state.warmAddress(delegate)
  const codeAddress = delegate ?? to
  return {
    ...common,
    kind: 'call',
    codeAddress,
    isDelegated: delegate !== undefined,
    code: delegate === undefined ? code : state.code(delegate),
    codeHash: state.codeHash(codeAddress),
    data,
  }
}

/** Gas used after refunds (EIP-3529) and no less than the floor (EIP-7623). */
function settledGas(
  { floorGas }: CheckedTransaction,
  gasUsed: bigint,
  refund: bigint,
  { rules }: BlockEnvironment,
): bigint {
  const limit = gasUsed / rules.refundQuotient
  const settled = gasUsed - (refund < limit ? refund : limit)
  return settled < floorGas ? floorGas : settled
}

function describe(exit: Exit): string | undefined {
  if (exit.kind === 'return') return undefined
  return exit.kind === 'halt' ? exit.cause : 'revert'
}

import type { Header } from '../../primitives/header.ts'
import type { Address, Hash } from '../../primitives/hex.ts'
import type { Transaction } from '../../primitives/transaction.ts'
import type { Withdrawal } from '../../primitives/withdrawal.ts'
import type { StateView } from '../../storage/state-view.ts'
import { type WorldState, withWorldState } from '../state/world-state.ts'
import { applyTransaction } from '../transaction/apply.ts'
import { runAfterBlock, runBeforeBlock } from '../transaction/system-calls.ts'
import { TransactionError } from '../transaction/transaction-error.ts'
import type { BlockEnvironment } from './environment.ts'
import { checkGasAvailable, invalidTransaction } from './invalid-transaction.ts'
import type { BlockOutcome, TransactionOutcome } from './outcome.ts'

export interface SerialOptions {
  readonly environment: BlockEnvironment
  readonly parentHash: Hash
  readonly transactions: readonly Transaction[]
  /** Recovered from the signatures, one for each transaction. */
  readonly senders: readonly Address[]
  readonly withdrawals: readonly Withdrawal[]
  readonly ommers: readonly Pick<Header, 'number' | 'coinbase'>[]
  /** Keep read sets and operation hashes: what a plan needs. */
  readonly record: boolean
  readonly isDaoForkBlock?: boolean
}

/**
 * Executes a block in its order, in this thread, on the state after its parent: what every other way of executing it has to
 * come to. Throws BlockError: `invalid-transaction`, `system-call-failed`.
 */
export function executeSerially(options: SerialOptions, { view }: { readonly view: StateView }): BlockOutcome {
  const { rules } = options.environment
  return withWorldState({ rules, record: options.record }, { view }, (state) => executeOn(state, options))
}

function executeOn(state: WorldState, options: SerialOptions): BlockOutcome {
  const { environment, senders, isDaoForkBlock = false } = options
  const before = runBeforeBlock(environment, options.parentHash, state, { isDaoForkBlock })
  const transactions: TransactionOutcome[] = []
  let gasLeft = environment.gasLimit
  for (const [index, transaction] of options.transactions.entries()) {
    checkGasAvailable(index, transaction, gasLeft)
    const outcome = applyOrRefuse(index, transaction, senders[index]!, environment, state)
    gasLeft -= outcome.gasUsed
    transactions.push(outcome)
  }
  const after = runAfterBlock(environment, options.withdrawals, options.ommers, state)
  return { before, transactions, after }
}

function applyOrRefuse(
  index: number,
  transaction: Transaction,
  sender: Address,
  environment: BlockEnvironment,
  state: WorldState,
): TransactionOutcome {
  try {
    return applyTransaction(transaction, sender, environment, state)
  } catch (error) {
    throw error instanceof TransactionError ? invalidTransaction(index, error) : error
  }
}

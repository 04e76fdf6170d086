import type { BlockEnvironment } from '../../execution/block/environment.ts'
import type { WorldState } from '../../execution/state/world-state.ts'
import { blobBaseFeeIn, checkPrices, checkSender } from '../../execution/transaction/apply.ts'
import { checkTransactionStatically } from '../../execution/transaction/static-checks.ts'
import { recoverSender, type Transaction } from '../../primitives/transaction.ts'
import { isRefusal, type Refusal } from './refusals.ts'

/**
 * The refusals of these checks, each made whatever the others say. A vector names one fault of something that may have
 * several, and which of them is met first is no rule.
 */
export async function findFaults(checks: Iterable<() => unknown>): Promise<Refusal[]> {
  const faults: Refusal[] = []
  for (const check of checks) {
    try {
      await check()
    } catch (error) {
      if (!isRefusal(error)) throw error
      faults.push(error)
    }
  }
  return faults
}

/** What is wrong with a transaction in a block, on the state before it. */
export async function transactionFaults(
  transaction: Transaction,
  environment: BlockEnvironment,
  state: WorldState,
): Promise<Refusal[]> {
  const { rules, chainId } = environment
  const senderOf = () => recoverSender(transaction, { allowHighS: !rules.requiresLowS })
  return await findFaults([
    () => checkTransactionStatically(transaction, rules, chainId),
    () => checkPrices(transaction, environment, blobBaseFeeIn(environment)),
    () => {
      state.beginTransaction()
      checkSender(transaction, senderOf(), state)
    },
  ])
}

import type { Rules } from '../../config/hardforks.ts'
import { orBlooms } from '../../primitives/bloom.ts'
import type { Address, Hash } from '../../primitives/hex.ts'
import type { Plan } from '../../primitives/plan.ts'
import { encodeReceipt, type Receipt } from '../../primitives/receipt.ts'
import type { Transaction } from '../../primitives/transaction.ts'
import type { StateDiff, StateView } from '../../storage/state-view.ts'
import { listRoot } from '../../storage/trie/list-root.ts'
import { AccessListBuilder } from './access-list-builder.ts'
import { blobGasOf } from './blob-gas.ts'
import type { ExecutedBlock, Timeline } from './executor.ts'
import { groupTransactions } from './grouping.ts'
import { checkGasAvailable } from './invalid-transaction.ts'
import type { BlockOutcome, TransactionOutcome } from './outcome.ts'
import { receiptOf } from './receipt-of.ts'
import { blockRequests, hashRequests } from './requests.ts'
import { Settlement } from './settlement.ts'

export interface AssembleOptions {
  readonly rules: Rules
  /** Make the block access list and the plan. */
  readonly hasPlan: boolean
  /** Of the block. */
  readonly gasLimit: bigint
  readonly transactions: readonly Transaction[]
  /** Whose logs are deposits (EIP-6110). */
  readonly depositContract: Address | undefined
  readonly timeline: Timeline
}

export interface AssembleModules {
  /** State after the parent: read for the accounts that changed. */
  readonly parent: Pick<StateView, 'account'>
  /** State root after such a change of the parent's state. Needed before Byzantium only, whose receipts hold roots. */
  readonly intermediateRoot?: (diff: StateDiff) => Hash
}

/**
 * Puts together what a block's steps did, in block order, whatever order they ran in: receipts, list, plan, and the change
 * of the state. Throws BlockError: `invalid-transaction` when a gas limit does not fit what those before left of the
 * block's, `system-call-failed` for a malformed deposit.
 */
export function assembleBlock(
  outcome: BlockOutcome,
  options: AssembleOptions,
  modules: AssembleModules,
): ExecutedBlock {
  const { rules, transactions } = options
  const settlement = new Settlement(modules)
  const builder = options.hasPlan ? new AccessListBuilder() : undefined
  const receipts: Receipt[] = []
  let gasUsed = 0n
  const steps = [outcome.before, ...outcome.transactions, outcome.after]
  for (const [index, step] of steps.entries()) {
    settlement.apply(step)
    builder?.add(step, (address) => settlement.balance(address))
    if (!('gasUsed' in step)) continue
    const transaction = transactions[index - 1]
    if (!transaction) throw new RangeError(`outcome of transaction ${index - 1}, which the block does not have`)
    checkGasAvailable(index - 1, transaction, options.gasLimit - gasUsed)
    gasUsed += step.gasUsed
    const status = rules.hasReceiptStatus ? step.succeeded : intermediateRoot(settlement, modules)
    receipts.push(receiptOf(step, transaction, gasUsed, status))
  }
  const encodedReceipts = receipts.map(encodeReceipt)
  const logs = receipts.flatMap((receipt) => receipt.logs)
  const requests = rules.hasRequests ? blockRequests(outcome.after.requests, logs, options.depositContract) : undefined
  return {
    outcomes: outcome.transactions,
    senders: outcome.transactions.map(({ sender }) => sender),
    receipts,
    encodedReceipts,
    gasUsed,
    blobGasUsed: blobGasOf(transactions),
    logsBloom: orBlooms(receipts.map((receipt) => receipt.logsBloom)),
    receiptsRoot: listRoot(encodedReceipts),
    requests,
    requestsHash: requests && hashRequests(requests),
    ...(builder && listAndPlan(builder, outcome.transactions)),
    diff: settlement.diff(),
    timeline: options.timeline,
  }
}

function listAndPlan(
  builder: AccessListBuilder,
  outcomes: readonly TransactionOutcome[],
): Pick<ExecutedBlock, 'accessList' | 'plan'> {
  const { accessList, locationCount } = builder.build()
  const sets = outcomes.map(({ sender }, index) => builder.setsOf(index + 1, sender))
  const groups = groupTransactions(sets, locationCount)
  const plan: Plan = {
    transactions: outcomes.map(({ gasUsed }, index) => {
      return { gasUsed, reads: sets[index]!.listedReads, group: groups[index]! }
    }),
  }
  return { accessList, plan }
}

function intermediateRoot(settlement: Settlement, { intermediateRoot }: AssembleModules): Hash {
  if (!intermediateRoot) throw new TypeError('receipts before Byzantium need state roots')
  return intermediateRoot(settlement.diff())
}

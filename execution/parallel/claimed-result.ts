import type { ChainConfig } from '../../config/chain.ts'
import type { Rules } from '../../config/hardforks.ts'
import type { Block } from '../../primitives/block.ts'
import type { BlockAccessList } from '../../primitives/block-access-list.ts'
import { bloomMayContain } from '../../primitives/bloom.ts'
import type { Plan } from '../../primitives/plan.ts'
import { decodeReceipt, type Receipt } from '../../primitives/receipt.ts'
import type { StateDiff } from '../../storage/state-view.ts'
import { listRoot } from '../../storage/trie/list-root.ts'
import { blobGasOf } from '../block/blob-gas.ts'
import { claimedGroups, isAllMarked } from '../block/claimed-block.ts'
import type { ExecutedBlock, Timeline } from '../block/executor.ts'
import type { IndexedAccessList } from '../block/indexed-list.ts'
import { checkGasAvailable } from '../block/invalid-transaction.ts'
import type { TransactionOutcome } from '../block/outcome.ts'
import { blockRequests, hashRequests } from '../block/requests.ts'
import type { ReplayRecord } from './replay-record.ts'

export interface ClaimedResultOptions {
  readonly block: Block
  readonly plan: Plan
  readonly rules: Rules
  readonly chain: Pick<ChainConfig, 'depositContractAddress'>
  readonly timeline: Timeline
}

/** What the block claims, made ready. */
export interface Claims {
  readonly accessList: IndexedAccessList
  readonly diff: StateDiff
  /** See `StepCheck`. */
  readonly marks: Uint8Array
}

/**
 * The executed block from its own list and plan, where the replay found each step to be as these claim it, so that nothing has
 * to be put together again; `undefined` where something is not so, whatever it is. Throws BlockError
 * `invalid-transaction`, `system-call-failed`.
 */
export function claimedResult(
  record: ReplayRecord,
  { accessList, diff, marks }: Claims,
  options: ClaimedResultOptions,
): ExecutedBlock | undefined {
  const { block, plan, rules } = options
  const { before, after, stop } = record
  const transactions = record.transactionsBefore(block.transactions.length)
  if (stop !== undefined || transactions === undefined || !before?.isAsClaimed || !after?.isAsClaimed) return undefined
  if (!transactions.every(({ isAsClaimed }) => isAsClaimed) || !isAllMarked(accessList, marks)) return undefined
  const senders = transactions.map(({ sender }) => sender)
  const groups = claimedGroups(accessList, plan, senders, [before.outcome, after.outcome])
  if (!groups.every((group, index) => group === plan.transactions[index]!.group)) return undefined

  checkGasLimits(block, plan)
  const encodedReceipts = transactions.map((transaction) => transaction.receipt())
  const { logsBloom } = record
  const receipts = lazily((): readonly Receipt[] => encodedReceipts.map(decodeReceipt))
  const outcomes = lazily((): readonly TransactionOutcome[] => transactions.map((transaction) => transaction.outcome()))
  const { depositContractAddress: depositContract } = options.chain
  const mayDeposit = depositContract !== undefined && bloomMayContain(logsBloom, depositContract)
  const logs = mayDeposit ? receipts().flatMap((receipt) => receipt.logs) : []
  const requests = rules.hasRequests ? blockRequests(after.outcome.requests, logs, depositContract) : undefined
  return {
    get outcomes() {
      return outcomes()
    },
    senders,
    get receipts() {
      return receipts()
    },
    encodedReceipts,
    gasUsed: block.header.gasUsed,
    blobGasUsed: blobGasOf(block.transactions),
    logsBloom,
    receiptsRoot: listRoot(encodedReceipts),
    requests,
    requestsHash: requests && hashRequests(requests),
    accessList: block.accessList as BlockAccessList,
    plan,
    diff,
    timeline: options.timeline,
  }
}

function checkGasLimits({ header, transactions }: Block, plan: Plan): void {
  let available = header.gasLimit
  for (const [index, transaction] of transactions.entries()) {
    checkGasAvailable(index, transaction, available)
    available -= plan.transactions[index]!.gasUsed
  }
}

function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

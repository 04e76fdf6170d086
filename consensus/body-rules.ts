import { GAS_TRANSACTION } from '../config/gas.ts'
import type { Rules } from '../config/hardforks.ts'
import { blobGasOf } from '../execution/block/blob-gas.ts'
import { BlockError, type BlockErrorCode } from '../execution/block/block-error.ts'
import { type Block, encodedLength } from '../primitives/block.ts'
import { type BlockAccessList, blockAccessListHash, checkBlockAccessList } from '../primitives/block-access-list.ts'
import { DecodeError } from '../primitives/errors.ts'
import { decodePlan } from '../primitives/plan.ts'
import { encodeTransaction } from '../primitives/transaction.ts'
import { encodeWithdrawal } from '../primitives/withdrawal.ts'
import { listRoot } from '../storage/trie/list-root.ts'
import { ommersHash } from './ommer-rules.ts'
import { requireEqual } from './require-equal.ts'

type BodyCheck = (block: Block, rules: Rules) => void

/** They bound the work of the others. */
const BOUNDS: readonly BodyCheck[] = [checkTransactionCount, checkListSize, checkBlockSize, checkBlobGasUsed]

/** Whether the body is what the header says. */
const COMMITMENTS: readonly BodyCheck[] = [
  checkTransactionsRoot,
  checkWithdrawalsRoot,
  checkOmmersHash,
  checkPlan,
  checkAccessList,
]

/**
 * Everything about a body that needs neither state nor other blocks, given a header that `verifyHeader` passed. Throws
 * `BlockError` (`BodyErrorCode`).
 *
 * @param isOwn the header has just been made for this body, by `completeBlock`: what follows from how is not computed twice
 */
export function verifyBody(block: Block, rules: Rules, isOwn = false): void {
  for (const check of BOUNDS) check(block, rules)
  if (!isOwn) for (const check of COMMITMENTS) check(block, rules)
}

/**
 * A transaction costs 21000 gas at least, of which refunds give back a part (EIP-3529): more transactions cannot be
 * valid. It bounds the plan too.
 */
function checkTransactionCount({ header, transactions }: Block, { refundQuotient }: Rules): void {
  const leastGas = GAS_TRANSACTION - GAS_TRANSACTION / refundQuotient
  const limit = header.gasLimit / leastGas
  if (BigInt(transactions.length) > limit) {
    throw new BlockError('too-many-transactions', 'more transactions than the gas limit has room for', {
      limit,
      actual: transactions.length,
    })
  }
}

/**
 * Gas that one account or slot of the list costs at the least: an access list entry of 1900 and a warm access of 100
 * (EIP-2930), less the fifth that may come back (EIP-3529). Precompiles and the parties of a transaction are cheaper,
 * hence the allowances beside it.
 */
const GAS_PER_LIST_ITEM = 1600n
/** Sender, recipient and what EIP-7702 adds, for 21000 gas and more. */
const LIST_ITEMS_PER_TRANSACTION = 3n
/** System contracts with their slots, precompiles, coinbase. */
const SYSTEM_LIST_ITEMS = 512n

function checkListSize({ header, transactions, withdrawals = [], accessList = [] }: Block): void {
  const limit =
    header.gasLimit / GAS_PER_LIST_ITEM +
    BigInt(transactions.length) * LIST_ITEMS_PER_TRANSACTION +
    BigInt(withdrawals.length) +
    SYSTEM_LIST_ITEMS
  const items = countItems(accessList)
  if (BigInt(items) > limit) {
    throw new BlockError('list-too-large', 'more accounts and slots than the gas limit has room for', {
      limit,
      actual: items,
    })
  }
}

function countItems(accessList: BlockAccessList): number {
  let items = accessList.length
  for (const { storageChanges, storageReads } of accessList) items += storageChanges.length + storageReads.length
  return items
}

/** EIP-7934. Of the block as Ethereum has it: the list, which follows from it, does not count. */
function checkBlockSize(block: Block, { maxBlockBytes }: Rules): void {
  if (maxBlockBytes === Number.POSITIVE_INFINITY) return
  const length = encodedLength({ ...block, accessList: undefined })
  if (length > maxBlockBytes) {
    throw new BlockError('block-too-large', 'the block has too many bytes', { limit: maxBlockBytes, actual: length })
  }
}

/** EIP-4844. */
function checkBlobGasUsed({ header, transactions }: Block): void {
  requireEqual('wrong-blob-gas-used', 'blobGasUsed', blobGasOf(transactions), header.blobGasUsed ?? 0n)
}

function checkTransactionsRoot({ header, transactions }: Block): void {
  const root = listRoot(transactions.map(encodeTransaction))
  requireEqual('wrong-transactions-root', 'transactionsRoot', root, header.transactionsRoot)
}

/** EIP-4895. */
function checkWithdrawalsRoot({ header, withdrawals }: Block): void {
  const root = withdrawals && listRoot(withdrawals.map(encodeWithdrawal))
  requireEqual('wrong-withdrawals-root', 'withdrawalsRoot', root, header.withdrawalsRoot)
}

function checkOmmersHash({ header, ommers }: Block): void {
  requireEqual('wrong-ommers', 'ommersHash', ommersHash(ommers), header.ommersHash)
}

function checkPlan({ header, transactions }: Block): void {
  if (header.plan === undefined) return
  const bytes = header.plan
  const plan = malformedAs('plan-malformed', () => decodePlan(bytes))
  requireEqual('wrong-plan-length', 'entries of the plan', transactions.length, plan.transactions.length)
}

/** EIP-7928. */
function checkAccessList({ header, transactions, accessList }: Block): void {
  const hash = accessList && blockAccessListHash(accessList)
  requireEqual('wrong-list-hash', 'blockAccessListHash', hash, header.blockAccessListHash)
  if (accessList) malformedAs('list-not-canonical', () => checkBlockAccessList(accessList, transactions.length))
}

function malformedAs<T>(code: BlockErrorCode, check: () => T): T {
  try {
    return check()
  } catch (error) {
    if (error instanceof DecodeError) throw new BlockError(code, error.message, error.details, { cause: error })
    throw error
  }
}

import {
  type BlockAccessList,
  decodeBlockAccessList,
  encodeBlockAccessList,
  MAX_LISTED_TRANSACTIONS,
} from './block-access-list.ts'
import { DecodeError } from './errors.ts'
import { encodeHeader, type Header, headerFromRlpItem } from './header.ts'
import { decodeRlp, encodeRlp, joinRlp, splitRlp } from './rlp.ts'
import { decodeList, list } from './rlp-codec.ts'
import { encodeTransactionInBody, type Transaction, transactionFromRlpItem } from './transaction.ts'
import { type Withdrawal, withdrawalCodec } from './withdrawal.ts'

/**
 * A block. RLP: [header, transactions, ommers, withdrawals (Shanghai on), block access list (plan on)]. A typed
 * transaction stands as a byte string, a legacy one as a list.
 */
export interface Block {
  readonly header: Header
  readonly transactions: readonly Transaction[]
  readonly ommers: readonly Header[]
  readonly withdrawals?: readonly Withdrawal[] | undefined
  readonly accessList?: BlockAccessList | undefined
}

/** A block without its header. RLP: the items of the block after the header. */
export type BlockBody = Omit<Block, 'header'>

/** No rule of Ethereum bounds the ommers on the wire; a valid block has at most two (Yellow Paper 11.1). */
const MAX_OMMERS = 2

const withdrawalList = list(withdrawalCodec)

/** The RLP of each item of a body. */
function encodeBodyItems({ transactions, ommers, withdrawals, accessList }: BlockBody): Uint8Array[] {
  const items = [joinRlp(transactions.map(encodeTransactionInBody)), joinRlp(ommers.map(encodeHeader))]
  if (withdrawals !== undefined) items.push(encodeRlp(withdrawalList.encode(withdrawals)))
  if (accessList !== undefined) items.push(encodeBlockAccessList(accessList))
  return items
}

/** How many items a body has: the plan comes with Cancun or later, so an access list never stands without withdrawals. */
const BODY_LENGTHS = [2, 3, 4]
/** Of a block, at the most, and one to see that there are too many. */
const MAX_ITEMS = 6

function decodeBodyItems(items: readonly Uint8Array[]): BlockBody {
  if (!BODY_LENGTHS.includes(items.length)) {
    const details = { problem: 'count', field: 'block body', actual: items.length } as const
    throw new DecodeError(`block body: no hardfork has ${items.length} items`, details)
  }
  const [transactionList, ommers, withdrawals, accessListBytes] = items
  const transactions = decodeList(
    decodeRlp(transactionList!),
    'block.transactions',
    transactionFromRlpItem,
    MAX_LISTED_TRANSACTIONS,
  )
  const body = { transactions, ommers: decodeList(decodeRlp(ommers!), 'block.ommers', headerFromRlpItem, MAX_OMMERS) }
  if (withdrawals === undefined) return body
  const withWithdrawals = { ...body, withdrawals: withdrawalList.decode(decodeRlp(withdrawals), 'block.withdrawals') }
  if (accessListBytes === undefined) return withWithdrawals
  // A copy: the list keeps its bytes, and should not keep the whole message.
  const accessList = decodeBlockAccessList(new Uint8Array(accessListBytes), transactions.length)
  return { ...withWithdrawals, accessList }
}

/** The RLP list of the body's items. */
export function encodeBody(body: BlockBody): Uint8Array {
  return joinRlp(encodeBodyItems(body))
}

/** Throws DecodeError. */
export function decodeBody(bytes: Uint8Array): BlockBody {
  return decodeBodyItems(splitRlp(bytes, 'block body', MAX_ITEMS))
}

export function encodeBlock(block: Block): Uint8Array {
  return joinRlp([encodeHeader(block.header), ...encodeBodyItems(block)])
}

/** Throws DecodeError, also when the body has parts that the header does not speak of or lacks one that it does. */
export function decodeBlock(bytes: Uint8Array): Block {
  const [headerBytes, ...bodyItems] = splitRlp(bytes, 'block', MAX_ITEMS)
  if (headerBytes === undefined) throw new DecodeError('block: no header', { problem: 'count', field: 'block' })
  const header = headerFromRlpItem(decodeRlp(headerBytes))
  const body = decodeBodyItems(bodyItems)
  checkParts(header, body)
  return { header, ...body }
}

function checkParts(header: Header, body: BlockBody): void {
  if ((header.withdrawalsRoot === undefined) !== (body.withdrawals === undefined)) {
    const details = { problem: 'parts', field: 'block.withdrawals' } as const
    throw new DecodeError('block.withdrawals: header and body disagree on whether there are any', details)
  }
  if ((header.blockAccessListHash === undefined) !== (body.accessList === undefined)) {
    const details = { problem: 'parts', field: 'block.accessList' } as const
    throw new DecodeError('block.accessList: header and body disagree on whether there is one', details)
  }
}

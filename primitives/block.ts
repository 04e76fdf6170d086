import {
  type BlockAccessList,
  blockAccessListFromRlpItem,
  blockAccessListToRlpItem,
  checkBlockAccessList,
  MAX_LISTED_TRANSACTIONS,
} from './block-access-list.ts'
import { DecodeError } from './errors.ts'
import { type Header, headerFromRlpItem, headerToRlpItem } from './header.ts'
import { asList, decodeRlp, encodeRlp, type RlpItem } from './rlp.ts'
import { list } from './rlp-codec.ts'
import { type Transaction, transactionFromRlpItem, transactionToRlpItem } from './transaction.ts'
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

const transactionList = list<Transaction>(
  { encode: transactionToRlpItem, decode: transactionFromRlpItem },
  MAX_LISTED_TRANSACTIONS,
)
const ommerList = list<Header>({ encode: headerToRlpItem, decode: headerFromRlpItem }, MAX_OMMERS)
const withdrawalList = list(withdrawalCodec)

function bodyToRlpItems(body: BlockBody): RlpItem[] {
  const items = [transactionList.encode(body.transactions), ommerList.encode(body.ommers)]
  if (body.withdrawals !== undefined) items.push(withdrawalList.encode(body.withdrawals))
  if (body.accessList !== undefined) items.push(blockAccessListToRlpItem(body.accessList))
  return items
}

/** How many items a body has: the plan comes with Cancun or later, so an access list never stands without withdrawals. */
const BODY_LENGTHS = [2, 3, 4]

function bodyFromRlpItems(items: readonly RlpItem[]): BlockBody {
  if (!BODY_LENGTHS.includes(items.length)) {
    const details = { problem: 'count', field: 'block body', actual: items.length } as const
    throw new DecodeError(`block body: no hardfork has ${items.length} items`, details)
  }
  const [transactionItems, ommers, withdrawals, accessListItem] = items
  const transactions = transactionList.decode(transactionItems, 'block.transactions')
  const body: BlockBody = { transactions, ommers: ommerList.decode(ommers, 'block.ommers') }
  if (withdrawals === undefined) return body
  const withWithdrawals = { ...body, withdrawals: withdrawalList.decode(withdrawals, 'block.withdrawals') }
  if (accessListItem === undefined) return withWithdrawals
  const accessList = blockAccessListFromRlpItem(accessListItem)
  checkBlockAccessList(accessList, transactions.length)
  return { ...withWithdrawals, accessList }
}

/** The RLP list of the body's items. */
export function encodeBody(body: BlockBody): Uint8Array {
  return encodeRlp(bodyToRlpItems(body))
}

/** Throws DecodeError. */
export function decodeBody(bytes: Uint8Array): BlockBody {
  return bodyFromRlpItems(asList(decodeRlp(bytes), 'block body'))
}

export function encodeBlock(block: Block): Uint8Array {
  return encodeRlp([headerToRlpItem(block.header), ...bodyToRlpItems(block)])
}

/** Throws DecodeError, also when the body has parts that the header does not speak of or lacks one that it does. */
export function decodeBlock(bytes: Uint8Array): Block {
  const [headerItem, ...bodyItems] = asList(decodeRlp(bytes), 'block')
  const header = headerFromRlpItem(headerItem)
  const body = bodyFromRlpItems(bodyItems)
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

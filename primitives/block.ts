import {
  type BlockAccessList,
  decodeBlockAccessList,
  encodeBlockAccessList,
  MAX_LISTED_TRANSACTIONS,
} from './block-access-list.ts'
import { DecodeError } from './errors.ts'
import { encodeHeader, type Header, readHeader } from './header.ts'
import { encodeRlp, joinRlp, prefixLength } from './rlp.ts'
import { list, readList } from './rlp-codec.ts'
import { RlpCursor } from './rlp-cursor.ts'
import { encodeTransactionInBody, lengthInBody, readTransactionInBody, type Transaction } from './transaction.ts'
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

const readTransactions = readList(readTransactionInBody, MAX_LISTED_TRANSACTIONS)
const readOmmers = readList(readHeader, MAX_OMMERS)
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

/** The items up to `end`. */
function readBody(cursor: RlpCursor, end: number): BlockBody {
  const count = cursor.countTo(end)
  if (!BODY_LENGTHS.includes(count)) {
    const details = { problem: 'count', field: 'block body', actual: count } as const
    throw new DecodeError(`block body: no hardfork has ${count} items`, details)
  }
  const transactions = readTransactions(cursor, end, 'block.transactions')
  const body = { transactions, ommers: readOmmers(cursor, end, 'block.ommers') }
  if (count === 2) return body
  const withWithdrawals = { ...body, withdrawals: withdrawalList.decode(cursor, end, 'block.withdrawals') }
  if (count === 3) return withWithdrawals
  return { ...withWithdrawals, accessList: decodeBlockAccessList(cursor.encoding(end), transactions.length) }
}

/** The RLP list of the body's items. */
export function encodeBody(body: BlockBody): Uint8Array {
  return joinRlp(encodeBodyItems(body))
}

/** The transactions of an encoded body in consensus form, as windows on it. Looks at nothing in them. Throws DecodeError. */
export function encodedTransactions(body: Uint8Array): Uint8Array[] {
  const cursor = new RlpCursor(body, { maxItems: body.length })
  const end = cursor.list(cursor.list(body.length, 'block body'), 'block.transactions')
  const windows: Uint8Array[] = []
  while (cursor.offset < end) {
    let start = cursor.offset
    if (cursor.isAtList(end)) cursor.skip(end)
    else start = cursor.string(end, 'block.transactions')
    windows.push(body.subarray(start, cursor.offset))
  }
  return windows
}

/** Throws DecodeError. */
export function decodeBody(bytes: Uint8Array): BlockBody {
  return new RlpCursor(bytes).whole((cursor, end, field) => readBody(cursor, cursor.list(end, field)), 'block body')
}

export function encodeBlock(block: Block): Uint8Array {
  return joinRlp([encodeHeader(block.header), ...encodeBodyItems(block)])
}

/** How many bytes `encodeBlock` gives, without writing the transactions. */
export function encodedLength(block: Block): number {
  let transactions = 0
  for (const transaction of block.transactions) transactions += lengthInBody(transaction)
  const [, ...others] = encodeBodyItems({ ...block, transactions: [] })
  let payload = encodeHeader(block.header).length + prefixLength(transactions) + transactions
  for (const { length } of others) payload += length
  return prefixLength(payload) + payload
}

/** Throws DecodeError, also when the body has parts that the header does not speak of or lacks one that it does. */
export function decodeBlock(bytes: Uint8Array): Block {
  return new RlpCursor(bytes).whole(readBlock, 'block')
}

function readBlock(cursor: RlpCursor, outerEnd: number, field: string): Block {
  const end = cursor.list(outerEnd, field)
  if (cursor.offset === end) throw new DecodeError('block: no header', { problem: 'count', field })
  const header = readHeader(cursor, end, 'header')
  const body = readBody(cursor, end)
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

import { MAX_LISTED_TRANSACTIONS } from './block-access-list.ts'
import { DecodeError } from './errors.ts'
import { type Cursor, readCount, readVarint, writeVarint } from './varint.ts'

/**
 * What the header says of each transaction beside the block access list.
 *
 * Locations are numbered in the order of the list: for each account its balance, nonce and code (3 numbers, whether or
 * not they were touched), then its slots ascending (changed and read ones merged).
 *
 * Encoding, version 1 (varint = unsigned LEB128, shortest form only):
 * `01 | varint n | n x (varint gasUsed, varint number of listed reads, their numbers ascending: the first as it is, each
 * next as its distance to the one before minus 1, varint link)`, where link = 0 when the transaction opens a group and
 * otherwise its distance to the group's previous transaction.
 *
 * Listed reads are the read set without what follows from the rest: the sender's balance, nonce and code (every
 * transaction reads them), and every nonce, code or slot that the transaction itself changes (they cannot be changed
 * unread). A changed balance other than the sender's is listed if it was read: only so a debit differs from an addition.
 */
export interface Plan {
  readonly transactions: readonly PlannedTransaction[]
}

export interface PlannedTransaction {
  readonly gasUsed: bigint
  /** Location numbers, ascending, unique: the listed reads only. */
  readonly reads: readonly number[]
  /** Group number: groups are numbered by their first transaction, from 0. */
  readonly group: number
}

export const PLAN_VERSION = 1

/** Bound of a location number: more than any list within the message limits can have. */
const MAX_LOCATION = 2 ** 32 - 1

/** Bytes of a transaction that reads nothing listed: gas used, number of reads, link. */
const MIN_TRANSACTION_BYTES = 3

/** Throws RangeError when the plan is not one: reads that do not ascend, groups not numbered by first transaction. */
export function encodePlan(plan: Plan): Uint8Array {
  const { transactions } = plan
  if (transactions.length > MAX_LISTED_TRANSACTIONS)
    throw new RangeError(`${transactions.length} transactions are too many`)
  const output = [PLAN_VERSION]
  writeVarint(output, transactions.length)
  const lastOfGroup: number[] = []
  for (const [index, { gasUsed, reads, group }] of transactions.entries()) {
    writeVarint(output, gasUsed)
    writeReads(output, reads)
    if (group > lastOfGroup.length) throw new RangeError(`group ${group} of transaction ${index} skips a number`)
    const previous = lastOfGroup[group]
    writeVarint(output, previous === undefined ? 0 : index - previous)
    lastOfGroup[group] = index
  }
  return Uint8Array.from(output)
}

function writeReads(output: number[], reads: readonly number[]): void {
  writeVarint(output, reads.length)
  let next = 0
  for (const location of reads) {
    writeVarint(output, location - next)
    next = location + 1
  }
}

/** Throws DecodeError on anything but the bytes that `encodePlan` gives. */
export function decodePlan(bytes: Uint8Array): Plan {
  if (bytes[0] !== PLAN_VERSION) throw new DecodeError(`plan.version: expected ${PLAN_VERSION}, not ${bytes[0]}`)
  const cursor = { bytes, offset: 1 }
  const count = readCount(cursor, 'plan.transactions', MAX_LISTED_TRANSACTIONS)
  if (count * MIN_TRANSACTION_BYTES > bytes.length - cursor.offset) throw new DecodeError('plan: input ends early')
  const transactions: PlannedTransaction[] = []
  const hasSuccessor = new Uint8Array(count)
  let groups = 0
  for (let index = 0; index < count; index++) {
    const gasUsed = readVarint(cursor, 'plan.gasUsed')
    const reads = readReads(cursor)
    const link = readCount(cursor, 'plan.link', index)
    if (link === 0) {
      transactions.push({ gasUsed, reads, group: groups++ })
      continue
    }
    // Only a group's latest transaction can be linked to: every group has one spelling.
    const previous = index - link
    if (hasSuccessor[previous] === 1)
      throw new DecodeError(`plan.link: transaction ${previous} has a successor already`)
    hasSuccessor[previous] = 1
    transactions.push({ gasUsed, reads, group: transactions[previous]!.group })
  }
  if (cursor.offset !== bytes.length) throw new DecodeError(`plan: ${bytes.length - cursor.offset} bytes too many`)
  return { transactions }
}

function readReads(cursor: Cursor): number[] {
  // Each read takes at least a byte, so the bytes that are left bound the count.
  const count = readCount(cursor, 'plan.reads', cursor.bytes.length - cursor.offset)
  const reads: number[] = []
  let next = 0
  for (let read = 0; read < count; read++) {
    const location = next + readCount(cursor, 'plan.reads', MAX_LOCATION - next)
    reads.push(location)
    next = location + 1
  }
  return reads
}

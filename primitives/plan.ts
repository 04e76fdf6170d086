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

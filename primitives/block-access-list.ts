import { DecodeError } from './errors.ts'
import type { Address, Hash } from './hex.ts'
import { keccak256Hex } from './keccak.ts'
import { encodeRlp, type RlpInput } from './rlp.ts'
import { RlpCursor } from './rlp-cursor.ts'

/** 0 = before the first transaction, 1..n = after transaction index 0..n-1, n + 1 = after the block (EIP-7928). */
export type BlockAccessIndex = number

/** A value that holds from `index` on. */
export interface Change<T> {
  readonly index: BlockAccessIndex
  readonly value: T
}

export interface SlotChanges {
  readonly slot: bigint
  readonly changes: readonly Change<bigint>[]
}

/** Everything a block did to one account. Lists ascend by index, slots by number; a slot stands in one list only. */
export interface AccountChanges {
  readonly address: Address
  readonly storageChanges: readonly SlotChanges[]
  readonly storageReads: readonly bigint[]
  readonly balanceChanges: readonly Change<bigint>[]
  readonly nonceChanges: readonly Change<bigint>[]
  readonly codeChanges: readonly Change<Uint8Array>[]
}

/** Every account a block touched, ascending by address (EIP-7928). */
export type BlockAccessList = readonly AccountChanges[]

/** Indexes 0 to n + 1 are 16-bit integers (EIP-7928), so a block with a list holds at most this many transactions. */
export const MAX_LISTED_TRANSACTIONS = 65_533

function changesToRlp(changes: readonly Change<RlpInput>[]): RlpInput {
  return changes.map(({ index, value }) => [BigInt(index), value])
}

function accountToRlp(account: AccountChanges): RlpInput {
  return [
    account.address,
    account.storageChanges.map(({ slot, changes }) => [slot, changesToRlp(changes)]),
    account.storageReads,
    changesToRlp(account.balanceChanges),
    changesToRlp(account.nonceChanges),
    changesToRlp(account.codeChanges),
  ]
}

/** Encodings that were made or met: each is asked for by the hash, the threads and the disk. */
const encodings = new WeakMap<BlockAccessList, Uint8Array>()

/** Remembered, so not to be written to. */
export function encodeBlockAccessList(accessList: BlockAccessList): Uint8Array {
  let bytes = encodings.get(accessList)
  if (bytes === undefined) {
    bytes = encodeRlp(accessList.map(accountToRlp))
    encodings.set(accessList, bytes)
  }
  return bytes
}

/** Decodes and checks a list for a block of that many transactions (by default any number). Throws DecodeError. */
export function decodeBlockAccessList(
  bytes: Uint8Array,
  transactionCount: number = MAX_LISTED_TRANSACTIONS,
): BlockAccessList {
  const accessList = parseBlockAccessList(bytes)
  checkBlockAccessList(accessList, transactionCount)
  return accessList
}

/**
 * Decodes a list, which fills the bytes, and keeps these: they are not to be written to. Checks the form of every field; order
 * and uniqueness are for `checkBlockAccessList`. Throws DecodeError.
 */
export function parseBlockAccessList(bytes: Uint8Array): BlockAccessList {
  const cursor = new RlpCursor(bytes)
  const end = cursor.list(bytes.length, 'blockAccessList')
  const accessList: AccountChanges[] = []
  while (cursor.offset < end) accessList.push(readAccount(cursor, end))
  if (end !== bytes.length) throw new DecodeError('blockAccessList: bytes behind the list')
  encodings.set(accessList, bytes)
  return accessList
}

function readAccount(cursor: RlpCursor, listEnd: number): AccountChanges {
  const end = cursor.record(listEnd, 'blockAccessList', 6)
  return {
    address: cursor.hex(end, 'accountChanges.address', 20),
    storageChanges: readList(cursor, end, 'accountChanges.storageChanges', readSlotChanges),
    storageReads: readList(cursor, end, 'accountChanges.storageReads', readSlot),
    balanceChanges: readList(cursor, end, 'accountChanges.balanceChanges', readBalanceChange),
    nonceChanges: readList(cursor, end, 'accountChanges.nonceChanges', readNonceChange),
    codeChanges: readList(cursor, end, 'accountChanges.codeChanges', readCodeChange),
  }
}

type Read<T> = (cursor: RlpCursor, end: number, field: string) => T

function readList<T>(cursor: RlpCursor, end: number, field: string, read: Read<T>): T[] {
  const listEnd = cursor.list(end, field)
  const items: T[] = []
  while (cursor.offset < listEnd) items.push(read(cursor, listEnd, field))
  return items
}

const readSlot: Read<bigint> = (cursor, end, field) => cursor.uint(end, field, 32)

const readSlotChanges: Read<SlotChanges> = (cursor, listEnd) => {
  const end = cursor.record(listEnd, 'storageChanges', 2)
  const slot = cursor.uint(end, 'storageChanges.slot', 32)
  return { slot, changes: readList(cursor, end, 'storageChanges.changes', readBalanceChange) }
}

const readBalanceChange: Read<Change<bigint>> = (cursor, listEnd, field) => {
  const end = cursor.record(listEnd, field, 2)
  return { index: readIndex(cursor, end), value: cursor.uint(end, field, 32) }
}

const readNonceChange: Read<Change<bigint>> = (cursor, listEnd, field) => {
  const end = cursor.record(listEnd, field, 2)
  return { index: readIndex(cursor, end), value: cursor.uint(end, field, 8) }
}

const readCodeChange: Read<Change<Uint8Array>> = (cursor, listEnd, field) => {
  const end = cursor.record(listEnd, field, 2)
  return { index: readIndex(cursor, end), value: cursor.bytes(end, field) }
}

function readIndex(cursor: RlpCursor, end: number): BlockAccessIndex {
  const index = cursor.uint(end, 'changes.index', 8)
  if (index > BigInt(MAX_LISTED_TRANSACTIONS + 1)) throw new DecodeError(`changes.index: ${index} is above 65534`)
  return Number(index)
}

/** keccak256 of the RLP (EIP-7928). */
export function blockAccessListHash(accessList: BlockAccessList): Hash {
  return keccak256Hex(encodeBlockAccessList(accessList))
}

/**
 * Throws DecodeError unless the list has the one form that EIP-7928 allows: accounts ascend by address, slots by number,
 * changes by index; nothing twice; no slot without changes, none both changed and only read; indexes up to n + 1.
 */
export function checkBlockAccessList(accessList: BlockAccessList, transactionCount: number): void {
  checkAscending(
    accessList,
    (account) => account.address,
    () => 'accounts',
  )
  const lastIndex = transactionCount + 1
  for (const account of accessList) checkAccountChanges(account, lastIndex)
}

function checkAccountChanges(account: AccountChanges, lastIndex: number): void {
  const { address, storageChanges, storageReads } = account
  checkAscending(
    storageChanges,
    ({ slot }) => slot,
    () => `storageChanges of ${address}`,
  )
  checkAscending(
    storageReads,
    (slot) => slot,
    () => `storageReads of ${address}`,
  )
  checkDisjoint(storageChanges, storageReads, address)
  for (const { slot, changes } of storageChanges) {
    if (changes.length === 0) throw notCanonical(`slot ${slot} of ${address} has no changes`)
    checkIndexes(changes, lastIndex, () => `slot ${slot} of ${address}`)
  }
  for (const field of ['balanceChanges', 'nonceChanges', 'codeChanges'] as const) {
    checkIndexes(account[field], lastIndex, () => `${field} of ${address}`)
  }
}

/** Both ascend. */
function checkDisjoint(changed: readonly SlotChanges[], read: readonly bigint[], address: Address): void {
  let next = 0
  for (const slot of read) {
    while (next < changed.length && changed[next]!.slot < slot) next++
    if (changed[next]?.slot === slot) throw notCanonical(`slot ${slot} of ${address} stands in both lists`)
  }
}

function checkIndexes(changes: readonly Change<unknown>[], lastIndex: number, what: () => string): void {
  checkAscending(changes, ({ index }) => index, what)
  const last = changes.at(-1)
  if (last !== undefined && last.index > lastIndex)
    throw notCanonical(`${what()}: index ${last.index} is after the block`)
}

/** `what`: called for the message only: a name for each slot would take longer than all checks. */
function checkAscending<T>(items: readonly T[], key: (item: T) => string | bigint | number, what: () => string): void {
  for (let position = 1; position < items.length; position++) {
    if (key(items[position - 1]!) >= key(items[position]!))
      throw notCanonical(`${what()}: entry ${position} out of order`)
  }
}

function notCanonical(what: string): DecodeError {
  return new DecodeError(`block access list: ${what}`)
}

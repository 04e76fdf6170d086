import { DecodeError } from './errors.ts'
import type { Address, Hash } from './hex.ts'
import { keccak256Hex } from './keccak.ts'
import { decodeRlp, encodeRlp, type RlpItem } from './rlp.ts'
import { address, byteString, type Codec, list, record, uint64, uint256 } from './rlp-codec.ts'

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

const blockAccessIndex: Codec<BlockAccessIndex> = {
  encode: (index) => uint64.encode(BigInt(index)),
  decode(item, field) {
    const index = uint64.decode(item, field)
    if (index > BigInt(MAX_LISTED_TRANSACTIONS + 1)) throw new DecodeError(`${field}: ${index} is above 65534`)
    return Number(index)
  },
}

function changes<T>(name: string, value: Codec<T>): Codec<readonly Change<T>[]> {
  return list(record<Change<T>>(name, { index: blockAccessIndex, value } as Parameters<typeof record<Change<T>>>[1]))
}

const blockAccessListCodec = list(
  record<AccountChanges>('accountChanges', {
    address,
    storageChanges: list(
      record<SlotChanges>('storageChanges', { slot: uint256, changes: changes('changes', uint256) }),
    ),
    storageReads: list(uint256),
    balanceChanges: changes('balanceChanges', uint256),
    nonceChanges: changes('nonceChanges', uint64),
    codeChanges: changes('codeChanges', byteString),
  }),
)

export function blockAccessListToRlpItem(accessList: BlockAccessList): RlpItem {
  return blockAccessListCodec.encode(accessList)
}

/** Checks the form of every field; order and uniqueness are for `checkBlockAccessList`. Throws DecodeError. */
export function blockAccessListFromRlpItem(item: RlpItem | undefined): BlockAccessList {
  return blockAccessListCodec.decode(item, 'blockAccessList')
}

export function encodeBlockAccessList(accessList: BlockAccessList): Uint8Array {
  return encodeRlp(blockAccessListToRlpItem(accessList))
}

/** Decodes and checks a list for a block of that many transactions (by default any number). Throws DecodeError. */
export function decodeBlockAccessList(
  bytes: Uint8Array,
  transactionCount: number = MAX_LISTED_TRANSACTIONS,
): BlockAccessList {
  const accessList = blockAccessListFromRlpItem(decodeRlp(bytes))
  checkBlockAccessList(accessList, transactionCount)
  return accessList
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
  checkAscending(accessList, (account) => account.address, 'accounts')
  const lastIndex = transactionCount + 1
  for (const account of accessList) checkAccountChanges(account, lastIndex)
}

function checkAccountChanges(account: AccountChanges, lastIndex: number): void {
  const { address, storageChanges, storageReads } = account
  checkAscending(storageChanges, ({ slot }) => slot, `storageChanges of ${address}`)
  checkAscending(storageReads, (slot) => slot, `storageReads of ${address}`)
  // As text: V8 hashes only the low 64 bits of a bigint, and these are chosen by whoever wrote the block.
  const changed = new Set(storageChanges.map(({ slot }) => slot.toString(16)))
  for (const slot of storageReads) {
    if (changed.has(slot.toString(16))) throw notCanonical(`slot ${slot} of ${address} stands in both lists`)
  }
  for (const { slot, changes } of storageChanges) {
    if (changes.length === 0) throw notCanonical(`slot ${slot} of ${address} has no changes`)
    checkIndexes(changes, lastIndex, `slot ${slot} of ${address}`)
  }
  for (const field of ['balanceChanges', 'nonceChanges', 'codeChanges'] as const) {
    checkIndexes(account[field], lastIndex, `${field} of ${address}`)
  }
}

function checkIndexes(changes: readonly Change<unknown>[], lastIndex: number, what: string): void {
  checkAscending(changes, ({ index }) => index, what)
  const last = changes.at(-1)
  if (last !== undefined && last.index > lastIndex)
    throw notCanonical(`${what}: index ${last.index} is after the block`)
}

function checkAscending<T>(items: readonly T[], key: (item: T) => string | bigint | number, what: string): void {
  for (let position = 1; position < items.length; position++) {
    if (key(items[position - 1]!) >= key(items[position]!))
      throw notCanonical(`${what}: entry ${position} out of order`)
  }
}

function notCanonical(what: string): DecodeError {
  return new DecodeError(`block access list: ${what}`)
}

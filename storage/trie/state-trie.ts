import { decodeTrieAccount, type TrieAccount } from '../../primitives/account.ts'
import { bigintToBytes, bigintToMinimalBytes, EMPTY_BYTES } from '../../primitives/bytes.ts'
import { DecodeError } from '../../primitives/errors.ts'
import { type Address, addressToBytes, type Hash, hashToBytes } from '../../primitives/hex.ts'
import { EMPTY_TRIE_ROOT, KECCAK_EMPTY, keccak256 } from '../../primitives/keccak.ts'
import { asUint, decodeRlp } from '../../primitives/rlp.ts'
import type { AccountDiff, StateDiff } from '../state-view.ts'
import { StorageError } from '../storage-error.ts'
import { changeAccount, encodeAccountChange, rootReference } from './account-change.ts'
import { ChangeList } from './change-list.ts'
import { stringLength, writeString } from './encoded-node.ts'
import { lookup } from './lookup.ts'
import { NewNodes } from './new-nodes.ts'
import type { NewNode } from './node.ts'
import type { NodeReader } from './node-reader.ts'
import { rootOf, updateRoot } from './update.ts'

/** Key of an account in the state trie: keccak256 of its 20 bytes. */
export function accountTrieKey(address: Address): Uint8Array {
  return keccak256(addressToBytes(address))
}

/** Key of a slot in its account's storage trie: keccak256 of the 32-byte number. */
export function slotTrieKey(slot: bigint): Uint8Array {
  return keccak256(bigintToBytes(slot, 32))
}

/** Throws StorageError `missing-state` or `corrupt`. */
export function lookupAccount(stateRoot: Hash, address: Address, nodes: NodeReader): TrieAccount | undefined {
  const leaf = lookup(stateRoot, accountTrieKey(address), nodes)
  return leaf === undefined ? undefined : readLeaf(leaf, decodeTrieAccount)
}

/** 0n for a slot without value. Throws StorageError `missing-state` or `corrupt`. */
export function lookupSlot(storageRoot: Hash, slot: bigint, nodes: NodeReader): bigint {
  if (storageRoot === EMPTY_TRIE_ROOT) return 0n
  const leaf = lookup(storageRoot, slotTrieKey(slot), nodes)
  return leaf === undefined ? 0n : decodeSlotLeaf(leaf)
}

/** The value in a leaf of a storage trie. Throws StorageError `corrupt`. */
export function decodeSlotLeaf(leaf: Uint8Array): bigint {
  return readLeaf(leaf, (bytes) => asUint(decodeRlp(bytes), 'slot', 32))
}

function readLeaf<T>(leaf: Uint8Array, decode: (leaf: Uint8Array) => T): T {
  try {
    return decode(leaf)
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause
    throw new StorageError('corrupt', `a leaf of the state trie cannot be decoded: ${cause.message}`, {}, { cause })
  }
}

/** The state's change by a block: what its header says of it, and what is to be stored. */
export interface StateUpdate {
  readonly stateRoot: Hash
  /** New nodes of the account trie and the storage tries. */
  readonly nodes: readonly NewNode[]
}

/**
 * The state root after `diff`. The parent's nodes stay as they are; the new ones are remembered by `nodes`, if it does such a
 * thing. Throws StorageError `missing-state` when the parent's state is not kept.
 */
export function updateState(parentRoot: Hash, diff: StateDiff, nodes: NodeReader): StateUpdate {
  const made = new NewNodes()
  const list = accountList(accountChanges(diff))
  const changes = list.sorted((change, leaf) => changeAccount(change, leaf, nodes, made))
  const after = updateRoot(rootReference(hashToBytes(parentRoot)), changes, nodes, made)
  const newNodes = made.list()
  nodes.remember?.(newNodes)
  return { stateRoot: rootOf(after), nodes: newNodes }
}

/** How a diff changes an account, by keys of the tries. */
export interface AccountChange {
  readonly key: Uint8Array
  readonly change: AccountDiff
  readonly slots: ChangeList | undefined
}

/** `rootAfter`: of accounts whose storage is done already, what stands for its root. */
export function accountList(
  accounts: readonly AccountChange[],
  rootAfter: (account: AccountChange) => Uint8Array | undefined = () => undefined,
): ChangeList {
  return ChangeList.of(
    accounts.map((account) => {
      const { key, change, slots } = account
      return { key, payload: encodeAccountChange(change, { slots, root: rootAfter(account) }) }
    }),
  )
}

export function accountChanges({ accounts }: StateDiff): AccountChange[] {
  return [...accounts].map(([address, change]) => ({
    key: accountTrieKey(address),
    change,
    slots: change.slots === undefined || change.slots.size === 0 ? undefined : slotList(change.slots),
  }))
}

function slotList(slots: ReadonlyMap<bigint, bigint>): ChangeList {
  return ChangeList.of(
    [...slots].map(([slot, value]) => ({
      key: slotTrieKey(slot),
      payload: value === 0n ? EMPTY_BYTES : encodeString(bigintToMinimalBytes(value)),
    })),
  )
}

function encodeString(bytes: Uint8Array): Uint8Array {
  const encoded = new Uint8Array(stringLength(bytes))
  writeString(encoded, 0, bytes)
  return encoded
}

/** What eth_getProof says of an account that does not exist (EIP-1186). */
export const ABSENT_ACCOUNT: TrieAccount = {
  nonce: 0n,
  balance: 0n,
  storageRoot: EMPTY_TRIE_ROOT,
  codeHash: KECCAK_EMPTY,
}

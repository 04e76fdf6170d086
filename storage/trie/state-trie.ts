import { decodeTrieAccount, encodeTrieAccount, type TrieAccount } from '../../primitives/account.ts'
import { bigintToBytes, bigintToMinimalBytes } from '../../primitives/bytes.ts'
import { DecodeError } from '../../primitives/errors.ts'
import { type Address, addressToBytes, type Hash } from '../../primitives/hex.ts'
import { EMPTY_TRIE_ROOT, KECCAK_EMPTY, keccak256 } from '../../primitives/keccak.ts'
import { asUint, decodeRlp, encodeRlp } from '../../primitives/rlp.ts'
import type { AccountDiff, StateDiff } from '../state-view.ts'
import { StorageError } from '../storage-error.ts'
import { lookup } from './lookup.ts'
import type { NewNode } from './node.ts'
import type { NodeReader } from './node-reader.ts'
import { updateTrie } from './update.ts'

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

/**
 * The state root after `diff`, and the nodes that are new in the account trie and the storage tries. The parent's nodes
 * stay as they are. Throws StorageError `missing-state` when the parent's state is not kept.
 */
export function updateState(
  parentRoot: Hash,
  diff: StateDiff,
  nodes: NodeReader,
): { readonly stateRoot: Hash; readonly nodes: readonly NewNode[] } {
  const newNodes: NewNode[] = []
  const onNew = (node: NewNode): void => {
    newNodes.push(node)
  }
  const changes = [...diff.accounts].map(([address, change]) => ({
    key: accountTrieKey(address),
    update: (leaf: Uint8Array | undefined) => updateAccountLeaf(address, leaf, change, nodes, onNew),
  }))
  return { stateRoot: updateTrie(parentRoot, changes, nodes, onNew), nodes: newNodes }
}

function updateAccountLeaf(
  address: Address,
  leaf: Uint8Array | undefined,
  change: AccountDiff,
  nodes: NodeReader,
  onNew: (node: NewNode) => void,
): Uint8Array | undefined {
  const old = leaf === undefined ? undefined : readLeaf(leaf, decodeTrieAccount)
  const fields = change.account === undefined ? old : change.account.to
  if (fields === undefined && change.account !== undefined) return undefined
  const oldRoot = change.clearsStorage || old === undefined ? EMPTY_TRIE_ROOT : old.storageRoot
  const storageRoot = updateTrie(oldRoot, slotChanges(change.slots), nodes, onNew)
  if (fields !== undefined) return encodeTrieAccount({ ...fields, storageRoot })
  if (storageRoot === EMPTY_TRIE_ROOT) return undefined
  throw new Error(`state diff sets slots of ${address}, which does not exist`)
}

function slotChanges(slots: AccountDiff['slots']): { key: Uint8Array; update: () => Uint8Array | undefined }[] {
  return [...(slots ?? [])].map(([slot, value]) => {
    const leaf = value === 0n ? undefined : encodeRlp(bigintToMinimalBytes(value))
    return { key: slotTrieKey(slot), update: () => leaf }
  })
}

/** What eth_getProof says of an account that does not exist (EIP-1186). */
export const ABSENT_ACCOUNT: TrieAccount = {
  nonce: 0n,
  balance: 0n,
  storageRoot: EMPTY_TRIE_ROOT,
  codeHash: KECCAK_EMPTY,
}

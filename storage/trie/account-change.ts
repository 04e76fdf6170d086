import { bigintToMinimalBytes, EMPTY_BYTES } from '../../primitives/bytes.ts'
import { hashToBytes } from '../../primitives/hex.ts'
import { EMPTY_TRIE_ROOT } from '../../primitives/keccak.ts'
import type { AccountDiff } from '../state-view.ts'
import { StorageError } from '../storage-error.ts'
import { ChangeList } from './change-list.ts'
import {
  copyBytes,
  HASH_BYTES,
  HASH_PREFIX,
  HASH_REFERENCE_BYTES,
  headerLength,
  itemEnd,
  LIST_OFFSET,
  NOTHING,
  payloadStart,
  stringLength,
  writeHeader,
  writeString,
} from './encoded-node.ts'
import type { NewNodes } from './new-nodes.ts'
import type { NodeReader } from './node-reader.ts'
import { EMPTY_REFERENCE, hashReference, updateRoot } from './update.ts'

/**
 * What is to become of an account's leaf, as bytes: which of these there are; RLP of nonce and balance behind its length (a
 * byte) and the code hash; the storage root; a `ChangeList` of slots.
 */
const DELETES = 1
const CLEARS_STORAGE = 2
const HAS_FIELDS = 4
const HAS_ROOT = 8
const HAS_SLOTS = 16

const EMPTY_ROOT = hashToBytes(EMPTY_TRIE_ROOT)

/** How an account's storage changes: by slots, or to a root that they gave already. */
export interface StorageChange {
  readonly slots?: ChangeList | undefined
  /** As it would stand in a parent: `EMPTY_REFERENCE` or a hash. */
  readonly root?: Uint8Array | undefined
}

export function encodeAccountChange(change: AccountDiff, { slots, root }: StorageChange): Uint8Array {
  const { account, clearsStorage } = change
  if (account !== undefined && account.to === undefined) return Uint8Array.of(DELETES)
  const nonce = bigintToMinimalBytes(account?.to?.nonce ?? 0n)
  const balance = bigintToMinimalBytes(account?.to?.balance ?? 0n)
  const numbers = stringLength(nonce) + stringLength(balance)
  const fieldBytes = account === undefined ? 0 : 1 + numbers + HASH_BYTES
  const slotBytes = slots?.bytes ?? EMPTY_BYTES
  const encoded = new Uint8Array(1 + fieldBytes + (root === undefined ? 0 : HASH_BYTES) + slotBytes.length)
  let at = 1
  if (account?.to !== undefined) {
    encoded[0]! |= HAS_FIELDS
    encoded[at++] = numbers
    at = writeString(encoded, at, nonce)
    at = writeString(encoded, at, balance)
    encoded.set(hashToBytes(account.to.codeHash), at)
    at += HASH_BYTES
  }
  if (clearsStorage) encoded[0]! |= CLEARS_STORAGE
  if (root !== undefined) {
    encoded[0]! |= HAS_ROOT
    encoded.set(root[0] === NOTHING ? EMPTY_ROOT : root.subarray(1), at)
  } else if (slots !== undefined) {
    encoded[0]! |= HAS_SLOTS
    encoded.set(slotBytes, at)
  }
  return encoded
}

/**
 * The leaf of an account after such a change; new nodes of its storage trie go to `made`. Throws StorageError `corrupt` when
 * the leaf that is there is none of an account, and what `nodes` throws.
 */
export function changeAccount(
  change: Uint8Array,
  leaf: Uint8Array | undefined,
  nodes: NodeReader,
  made: NewNodes,
): Uint8Array | undefined {
  const flags = change[0]!
  if ((flags & DELETES) !== 0) return undefined
  const hasFields = (flags & HAS_FIELDS) !== 0
  const numbersStart = 2
  const numbersEnd = hasFields ? numbersStart + change[1]! : 1
  const rest = hasFields ? numbersEnd + HASH_BYTES : 1
  const oldRoot = leaf === undefined || (flags & CLEARS_STORAGE) !== 0 ? EMPTY_ROOT : storageRootOf(leaf)
  let root = oldRoot
  if ((flags & HAS_ROOT) !== 0) root = change.subarray(rest, rest + HASH_BYTES)
  if ((flags & HAS_SLOTS) !== 0) root = changeSlots(oldRoot, new ChangeList(change.subarray(rest)), nodes, made)
  if (hasFields) {
    const codeHash = change.subarray(numbersEnd, rest)
    return accountLeaf(change.subarray(numbersStart, numbersEnd), root, codeHash)
  }
  if (leaf !== undefined) {
    const changed = leaf.slice()
    changed.set(root, leaf.length - ROOT_FROM_END)
    return changed
  }
  if (Buffer.compare(root, EMPTY_ROOT) === 0) return undefined
  throw new Error('state diff sets slots of an account that does not exist')
}

function changeSlots(oldRoot: Uint8Array, slots: ChangeList, nodes: NodeReader, made: NewNodes): Uint8Array {
  const before = rootReference(oldRoot)
  const after = updateRoot(before, slotChanges(slots), nodes, made)
  if (after === before) return oldRoot
  return after[0] === NOTHING ? EMPTY_ROOT : after.subarray(1)
}

/** What stands for the root of a trie. */
export function rootReference(root: Uint8Array): Uint8Array {
  return Buffer.compare(root, EMPTY_ROOT) === 0 ? EMPTY_REFERENCE : hashReference(root)
}

/** Payloads are the new leaves, empty where a slot is to be zero. */
export function slotChanges(slots: ChangeList): ReturnType<ChangeList['sorted']> {
  return slots.sorted((payload) => (payload.length === 0 ? undefined : payload))
}

/** Where the storage root begins in a leaf, counted from its end, at which it and the code hash are. */
const ROOT_FROM_END = HASH_BYTES + HASH_REFERENCE_BYTES

/** A window on the storage root in the leaf of an account. Throws StorageError `corrupt`. */
export function storageRootOf(leaf: Uint8Array): Uint8Array {
  const root = leaf.length - ROOT_FROM_END
  const isAccount =
    leaf[0]! >= LIST_OFFSET &&
    itemEnd(leaf, 0) === leaf.length &&
    itemEnd(leaf, itemEnd(leaf, payloadStart(leaf, 0))) === root - 1 &&
    leaf[root - 1] === HASH_PREFIX &&
    leaf[root + HASH_BYTES] === HASH_PREFIX
  if (!isAccount) throw new StorageError('corrupt', 'a leaf of the state trie is not of an account')
  return leaf.subarray(root, root + HASH_BYTES)
}

/** RLP of an account (Yellow Paper 4.1), `numbers` being that of nonce and balance. */
function accountLeaf(numbers: Uint8Array, root: Uint8Array, codeHash: Uint8Array): Uint8Array {
  const payload = numbers.length + 2 * HASH_REFERENCE_BYTES
  const leaf = new Uint8Array(headerLength(payload) + payload)
  let at = writeHeader(leaf, 0, payload, LIST_OFFSET)
  copyBytes(leaf, at, numbers, 0, numbers.length)
  at += numbers.length
  leaf[at] = HASH_PREFIX
  copyBytes(leaf, at + 1, root, 0, HASH_BYTES)
  leaf[at + HASH_REFERENCE_BYTES] = HASH_PREFIX
  copyBytes(leaf, at + HASH_REFERENCE_BYTES + 1, codeHash, 0, HASH_BYTES)
  return leaf
}

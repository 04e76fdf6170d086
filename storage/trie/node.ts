import { DecodeError } from '../../primitives/errors.ts'
import { asBytes, asList, decodeRlp, type RlpItem } from '../../primitives/rlp.ts'
import { unpackPath } from './nibbles.ts'

/** A node of a Merkle Patricia trie (Yellow Paper, App. D), decoded. Updates and look-ups read its RLP as it is. */
export type TrieNode = LeafNode | ExtensionNode | BranchNode

export interface LeafNode {
  readonly kind: 'leaf'
  /** The rest of the key, in nibbles. */
  readonly path: Uint8Array
  readonly value: Uint8Array
}

export interface ExtensionNode {
  readonly kind: 'extension'
  /** At least one nibble. */
  readonly path: Uint8Array
  /** A branch. */
  readonly child: Child
}

export interface BranchNode {
  readonly kind: 'branch'
  /** 16, by next nibble. */
  readonly children: readonly (Child | undefined)[]
  /** Of the key that ends here; never in tries whose keys are hashes. */
  readonly value: Uint8Array | undefined
}

/** The hash (32 bytes) of a stored node, or the node itself, embedded in its parent. */
export type Child = Uint8Array | TrieNode

/** A node that an update made: what has to be stored. */
export interface NewNode {
  /** 32 bytes: keccak256 of `rlp`. */
  readonly hash: Uint8Array
  readonly rlp: Uint8Array
}

const HASH_LENGTH = 32
const BRANCH_ITEMS = 17

/** A branch whose children are all embedded branches has 17 * 17; those have no room for further ones. */
const MAX_ITEMS = 512

/** Throws DecodeError on anything that is not the canonical encoding of a node. */
export function decodeNode(rlp: Uint8Array): TrieNode {
  return fromRlpItem(decodeRlp(rlp, { maxItems: MAX_ITEMS }))
}

function fromRlpItem(item: RlpItem): TrieNode {
  const items = asList(item, 'trie node')
  if (items.length === BRANCH_ITEMS) return branchFromRlpItems(items)
  if (items.length !== 2) throw new DecodeError(`trie node: no kind has ${items.length} items`)
  const unpacked = unpackPath(asBytes(items[0], 'trie node path'))
  if (unpacked === undefined) throw new DecodeError('trie node path: not a hex-prefix encoding')
  const { path, isLeaf } = unpacked
  if (isLeaf) return { kind: 'leaf', path, value: asBytes(items[1], 'trie leaf value') }
  const child = childFromRlpItem(items[1])
  if (child === undefined || path.length === 0) throw new DecodeError('trie extension: without a path or a child')
  return { kind: 'extension', path, child }
}

function branchFromRlpItems(items: readonly RlpItem[]): BranchNode {
  const value = asBytes(items[BRANCH_ITEMS - 1], 'trie branch value')
  return {
    kind: 'branch',
    children: items.slice(0, BRANCH_ITEMS - 1).map(childFromRlpItem),
    value: value.length === 0 ? undefined : value,
  }
}

function childFromRlpItem(item: RlpItem | undefined): Child | undefined {
  if (Array.isArray(item)) return fromRlpItem(item)
  const bytes = asBytes(item, 'trie child')
  if (bytes.length === 0) return undefined
  if (bytes.length !== HASH_LENGTH) throw new DecodeError(`trie child: a hash of ${bytes.length} bytes`)
  return bytes
}

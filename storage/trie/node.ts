import { EMPTY_BYTES } from '../../primitives/bytes.ts'
import { DecodeError } from '../../primitives/errors.ts'
import { keccak256 } from '../../primitives/keccak.ts'
import { asBytes, asList, decodeRlp, encodeRlp, type RlpItem } from '../../primitives/rlp.ts'
import { packPath, unpackPath } from './nibbles.ts'

/** A node of a Merkle Patricia trie (Yellow Paper, App. D). Never changed in place: nodes are shared through caches. */
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

/** The hash (32 bytes) of a stored node, or the node itself: embedded in its parent, or new and not hashed yet. */
export type Child = Uint8Array | TrieNode

/** A node that an update made: what has to be stored. */
export interface NewNode {
  /** 32 bytes: keccak256 of `rlp`. */
  readonly hash: Uint8Array
  readonly rlp: Uint8Array
}

/** Shorter encodings stand in their parent, longer ones behind their hash. */
const HASH_LENGTH = 32
const BRANCH_ITEMS = 17

/** RLP of a node, its new descendants encoded first and handed to `onNew`; each is hashed once. */
export function encodeNode(node: TrieNode, onNew: (node: NewNode) => void): Uint8Array {
  return encodeRlp(toRlpItem(node, onNew))
}

function toRlpItem(node: TrieNode, onNew: (node: NewNode) => void): RlpItem {
  switch (node.kind) {
    case 'leaf':
      return [packPath(node.path, true), node.value]
    case 'extension':
      return [packPath(node.path, false), reference(node.child, onNew)]
    case 'branch': {
      const items = node.children.map((child) => (child === undefined ? EMPTY_BYTES : reference(child, onNew)))
      return [...items, node.value ?? EMPTY_BYTES]
    }
  }
}

function reference(child: Child, onNew: (node: NewNode) => void): RlpItem {
  if (child instanceof Uint8Array) return child
  const item = toRlpItem(child, onNew)
  const rlp = encodeRlp(item)
  if (rlp.length < HASH_LENGTH) return item
  const hash = keccak256(rlp)
  onNew({ hash, rlp })
  return hash
}

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

import { compareBytes, concatBytes, equalBytes } from '../../primitives/bytes.ts'
import { bytesToHash, type Hash, hashToBytes } from '../../primitives/hex.ts'
import { EMPTY_TRIE_ROOT, keccak256 } from '../../primitives/keccak.ts'
import { commonPrefixLength, toNibbles } from './nibbles.ts'
import {
  type BranchNode,
  type Child,
  type ExtensionNode,
  encodeNode,
  type LeafNode,
  type NewNode,
  type TrieNode,
} from './node.ts'
import type { NodeReader } from './node-reader.ts'

/** A change of one key. */
export interface TrieChange {
  readonly key: Uint8Array
  /** Given the value that is there, the new one; `undefined` for none. Called once. */
  readonly update: (value: Uint8Array | undefined) => Uint8Array | undefined
}

/**
 * The root after all changes (each key at most once, in any order). All of them go down the trie together, sorted, so
 * that each node on their paths is read once and each node that differs is encoded and hashed once. New nodes go to
 * `onNew`, children before parents; those no longer used are not told of. Throws what `nodes` throws.
 */
export function updateTrie(
  root: Hash,
  changes: readonly TrieChange[],
  nodes: NodeReader,
  onNew: (node: NewNode) => void,
): Hash {
  const sorted = changes
    .map(({ key, update }) => ({ path: toNibbles(key), update }))
    .sort((a, b) => compareBytes(a.path, b.path))
  const before = root === EMPTY_TRIE_ROOT ? undefined : hashToBytes(root)
  const after = new Update(sorted, nodes).apply(before, 0, sorted.length, 0)
  if (after === undefined) return EMPTY_TRIE_ROOT
  if (after instanceof Uint8Array) return root
  const rlp = encodeNode(after, onNew)
  const hash = keccak256(rlp)
  onNew({ hash, rlp })
  return bytesToHash(hash)
}

interface PathChange {
  readonly path: Uint8Array
  readonly update: TrieChange['update']
}

interface Entry {
  readonly path: Uint8Array
  readonly value: Uint8Array
}

/**
 * Ranges `[from, to)` are of the sorted changes, all of which share their first `depth` nibbles. Every method returns
 * the very child it was given when nothing changed, so that what did not change is neither encoded nor stored again.
 */
class Update {
  readonly #changes: readonly PathChange[]
  readonly #nodes: NodeReader

  constructor(changes: readonly PathChange[], nodes: NodeReader) {
    this.#changes = changes
    this.#nodes = nodes
  }

  apply(child: Child | undefined, from: number, to: number, depth: number): Child | undefined {
    if (from === to) return child
    if (child === undefined) return build(this.#entries(from, to, undefined, depth), depth)
    const node = this.#resolve(child)
    const updated = this.#applyToNode(node, from, to, depth)
    return updated === node ? child : updated
  }

  #applyToNode(node: TrieNode, from: number, to: number, depth: number): TrieNode | undefined {
    switch (node.kind) {
      case 'leaf': {
        const entries = this.#entries(from, to, node, depth)
        const [only] = entries
        const isSame = entries.length === 1 && only?.value === node.value
        return isSame ? node : build(entries, depth)
      }
      case 'extension':
        return this.#applyToExtension(node, from, to, depth)
      case 'branch':
        return this.#applyToBranch(node, from, to, depth)
    }
  }

  #resolve(child: Child): TrieNode {
    return child instanceof Uint8Array ? this.#nodes.node(child) : child
  }

  /** What the range leaves in a place that held no more than one leaf, ascending. An equal value keeps its identity. */
  #entries(from: number, to: number, leaf: LeafNode | undefined, depth: number): Entry[] {
    const entries: Entry[] = []
    const old = leaf && {
      path: concatBytes(this.#changes[from]!.path.subarray(0, depth), leaf.path),
      value: leaf.value,
    }
    let isOldDue = old !== undefined
    for (let index = from; index < to; index++) {
      const { path, update } = this.#changes[index]!
      const order = old !== undefined && isOldDue ? compareBytes(old.path, path) : 1
      if (old !== undefined && order <= 0) isOldDue = false
      if (old !== undefined && order < 0) entries.push(old)
      const before = order === 0 ? old?.value : undefined
      const after = update(before)
      if (after !== undefined) entries.push({ path, value: before && equalBytes(before, after) ? before : after })
    }
    if (old !== undefined && isOldDue) entries.push(old)
    return entries
  }

  #applyToExtension(node: ExtensionNode, from: number, to: number, depth: number): TrieNode | undefined {
    const { path, child } = node
    // Sorted, so what the first and the last share with the path, all of them share.
    const shared = Math.min(
      commonPrefixLength(path, this.#changes[from]!.path, depth),
      commonPrefixLength(path, this.#changes[to - 1]!.path, depth),
    )
    if (shared === path.length) {
      const updated = this.apply(child, from, to, depth + shared)
      return updated === child ? node : prepend(path, updated as TrieNode | undefined)
    }
    const rest = path.subarray(shared + 1)
    const children: (Child | undefined)[] = new Array(16).fill(undefined)
    children[path[shared]!] = rest.length === 0 ? child : { kind: 'extension', path: rest, child }
    const fork: BranchNode = { kind: 'branch', children, value: undefined }
    const updated = this.#applyToBranch(fork, from, to, depth + shared)
    return updated === fork ? node : prepend(path.subarray(0, shared), updated)
  }

  #applyToBranch(node: BranchNode, from: number, to: number, depth: number): TrieNode | undefined {
    let { value } = node
    let next = from
    if (this.#changes[next]!.path.length === depth) {
      const after = this.#changes[next++]!.update(value)
      if (value === undefined || after === undefined || !equalBytes(value, after)) value = after
    }
    const children = [...node.children]
    let hasChanged = value !== node.value
    while (next < to) {
      const nibble = this.#changes[next]!.path[depth]!
      const start = next
      while (next < to && this.#changes[next]!.path[depth] === nibble) next++
      const updated = this.apply(children[nibble], start, next, depth + 1)
      if (updated === children[nibble]) continue
      children[nibble] = updated
      hasChanged = true
    }
    return hasChanged ? this.#collapse({ kind: 'branch', children, value }) : node
  }

  /** A branch with fewer than two ways to go on is no branch. */
  #collapse(branch: BranchNode): TrieNode | undefined {
    const { children, value } = branch
    const nibble = children.findIndex((child) => child !== undefined)
    if (nibble === -1) return value === undefined ? undefined : { kind: 'leaf', path: new Uint8Array(0), value }
    const isOnly = value === undefined && children.findLastIndex((child) => child !== undefined) === nibble
    if (!isOnly) return branch
    const child = children[nibble]!
    const path = Uint8Array.of(nibble)
    const node = this.#resolve(child)
    // The branch below stays as it is stored: only the way to it is new.
    return node.kind === 'branch' ? { kind: 'extension', path, child } : prepend(path, node)
  }
}

/** The subtree of ascending entries that share their first `depth` nibbles. */
function build(entries: readonly Entry[], depth: number): TrieNode | undefined {
  const [first] = entries
  if (first === undefined) return undefined
  if (entries.length === 1) return { kind: 'leaf', path: first.path.subarray(depth), value: first.value }
  const shared = commonPrefixLength(first.path.subarray(depth), entries.at(-1)!.path, depth)
  return prepend(first.path.subarray(depth, depth + shared), buildBranch(entries, depth + shared))
}

function buildBranch(entries: readonly Entry[], depth: number): BranchNode {
  const hasValue = entries[0]!.path.length === depth
  const children: (Child | undefined)[] = new Array(16).fill(undefined)
  let next = hasValue ? 1 : 0
  while (next < entries.length) {
    const nibble = entries[next]!.path[depth]!
    const start = next
    while (next < entries.length && entries[next]!.path[depth] === nibble) next++
    children[nibble] = build(entries.slice(start, next), depth + 1)
  }
  return { kind: 'branch', children, value: hasValue ? entries[0]!.value : undefined }
}

/** The node reached through `path`: paths of leaves and extensions merge, a branch needs an extension. */
function prepend(path: Uint8Array, node: TrieNode | undefined): TrieNode | undefined {
  if (node === undefined || path.length === 0) return node
  if (node.kind === 'branch') return { kind: 'extension', path, child: node }
  return { ...node, path: concatBytes(path, node.path) }
}

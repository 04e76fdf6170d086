import { compareBytes, equalBytes } from '../../primitives/bytes.ts'
import { bytesToHash, type Hash, hashToBytes } from '../../primitives/hex.ts'
import { EMPTY_TRIE_ROOT, keccak256 } from '../../primitives/keccak.ts'
import {
  BRANCH_WIDTH,
  type Changed,
  type ChangedBranch,
  EMPTY_BRANCH,
  SAME,
  type Updated,
  writeReference,
  writeRoot,
} from './changed-node.ts'
import { HASH_PREFIX, HASH_REFERENCE_BYTES, itemEnd, NOTHING, payloadStart } from './encoded-node.ts'
import { NewNodes } from './new-nodes.ts'
import { comparePaths, isLeafPath, joinPaths, nibbleAt, type Path, packedPath, sharedLength } from './nibbles.ts'
import type { NewNode } from './node.ts'
import type { NodeReader } from './node-reader.ts'

/** A change of one key. */
export interface TrieChange {
  readonly key: Uint8Array
  /** Given the value that is there, the new one; `undefined` for none. Called once. */
  readonly update: (value: Uint8Array | undefined) => Uint8Array | undefined
}

/** Changes in ascending order of their keys, none of which is there twice. */
export interface SortedChanges {
  readonly count: number
  /** All keys, one somewhere behind the other. */
  readonly bytes: Uint8Array
  /** Where each key begins and ends, in nibbles. */
  readonly starts: ArrayLike<number>
  readonly ends: ArrayLike<number>
  /** The new value, given the one that is there (a window to be left alone); `undefined` for none. Called once each. */
  update(index: number, value: Uint8Array | undefined): Uint8Array | undefined
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
  const made = new NewNodes()
  const before = root === EMPTY_TRIE_ROOT ? EMPTY_REFERENCE : hashReference(hashToBytes(root))
  const after = updateRoot(before, sortChanges(changes), nodes, made)
  for (const node of made.list()) onNew(node)
  return after === before ? root : rootOf(after)
}

/** The root of a trie that has just these values, which nobody is going to look up. */
export function trieRoot(changes: readonly TrieChange[]): Hash {
  return rootOf(updateRoot(EMPTY_REFERENCE, sortChanges(changes), NO_NODES, new NewNodes()))
}

const NO_NODES: NodeReader = {
  rlp() {
    throw new Error('an empty trie has no nodes')
  },
}

/** The root that something stands for. */
export function rootOf(reference: Uint8Array): Hash {
  return reference[0] === NOTHING ? EMPTY_TRIE_ROOT : bytesToHash(reference.subarray(1))
}

/** What stands for a trie without entries. */
export const EMPTY_REFERENCE: Uint8Array = Uint8Array.of(NOTHING)

export function hashReference(hash: Uint8Array): Uint8Array {
  const reference = new Uint8Array(HASH_REFERENCE_BYTES)
  reference[0] = HASH_PREFIX
  reference.set(hash, 1)
  return reference
}

/** The same with what stands for the root: `EMPTY_REFERENCE` or its hash. Returns what it was given if nothing changed. */
export function updateRoot(before: Uint8Array, changes: SortedChanges, nodes: NodeReader, made: NewNodes): Uint8Array {
  const after = new TrieUpdate(changes, nodes).apply(before, 0, 0, changes.count, 0)
  if (after === SAME) return before
  return after === undefined ? EMPTY_REFERENCE : writeRoot(after, made)
}

/**
 * What becomes of a node below the root. The changes share their first `depth` nibbles; `reference` is what stands for it in
 * its parent. Returns what it was given if nothing changed, `EMPTY_REFERENCE` if nothing is left.
 */
export function updateBelow(
  reference: Uint8Array,
  depth: number,
  changes: SortedChanges,
  nodes: NodeReader,
  made: NewNodes,
): Uint8Array {
  const after = new TrieUpdate(changes, nodes).apply(reference, 0, 0, changes.count, depth)
  if (after === SAME) return reference
  return after === undefined ? EMPTY_REFERENCE : writeReference(after, made)
}

/**
 * The same for a root whose children are updated already: a branch without a value, given as RLP. `children`: 16, by their
 * nibble, `SAME` where nothing changed.
 */
export function updateRootBranch(
  branch: Uint8Array,
  children: readonly Updated[],
  nodes: NodeReader,
  made: NewNodes,
): Uint8Array {
  if (children.every((child) => child === SAME)) return hashReference(keccak256(branch))
  const after = collapse({ kind: 'branch', source: { bytes: branch, at: 0 }, children, value: undefined }, nodes)
  return after === undefined ? EMPTY_REFERENCE : writeRoot(after, made)
}

function sortChanges(changes: readonly TrieChange[]): SortedChanges {
  const sorted = changes.toSorted((a, b) => compareBytes(a.key, b.key))
  const starts: number[] = []
  const ends: number[] = []
  const bytes = new Uint8Array(sorted.reduce((sum, { key }) => sum + key.length, 0))
  let at = 0
  for (const { key } of sorted) {
    bytes.set(key, at)
    starts.push(2 * at)
    at += key.length
    ends.push(2 * at)
  }
  return { count: sorted.length, bytes, starts, ends, update: (index, value) => sorted[index]!.update(value) }
}

/** What a place comes to hold that held no more than a leaf. `path`: from the place on. */
interface Entry {
  readonly path: Path
  readonly value: Uint8Array
}

/**
 * Ranges `[from, to)` are of the sorted changes, all of which share their first `depth` nibbles. What stands for a node in
 * its parent (`NOTHING`, a hash, or a node of less than 32 bytes itself) is at a place `at` of some bytes. Every method
 * returns `SAME` when nothing changed, so that what did not change is neither encoded nor stored again.
 */
class TrieUpdate {
  readonly #changes: SortedChanges
  readonly #nodes: NodeReader

  constructor(changes: SortedChanges, nodes: NodeReader) {
    this.#changes = changes
    this.#nodes = nodes
  }

  apply(bytes: Uint8Array, at: number, from: number, to: number, depth: number): Updated {
    if (from === to) return SAME
    const first = bytes[at]
    if (first === NOTHING) return build(this.#entries(from, to, undefined, depth)) ?? SAME
    if (first === HASH_PREFIX) return this.#applyToNode(this.#nodes.rlp(bytes, at + 1), 0, from, to, depth)
    return this.#applyToNode(bytes, at, from, to, depth)
  }

  #applyToNode(bytes: Uint8Array, at: number, from: number, to: number, depth: number): Updated {
    const start = payloadStart(bytes, at)
    const second = itemEnd(bytes, start)
    if (itemEnd(bytes, second) !== itemEnd(bytes, at)) return this.#applyToBranch(bytes, at, from, to, depth)
    const path = pathAt(bytes, start, second)
    if (!isLeafPath(bytes[payloadStart(bytes, start)]!))
      return this.#applyToExtension(path, bytes, second, from, to, depth)
    return this.#applyToLeaf({ path, value: stringAt(bytes, second) }, from, to, depth)
  }

  #applyToLeaf(old: Entry, from: number, to: number, depth: number): Updated {
    const isOnly = to - from === 1 && comparePaths(old.path, this.#path(from, depth)) === 0
    if (!isOnly) {
      const entries = this.#entries(from, to, old, depth)
      return entries.length === 1 && entries[0] === old ? SAME : build(entries)
    }
    const value = this.#changes.update(from, old.value)
    if (value === undefined) return undefined
    return isEqual(old.value, value) ? SAME : leaf(this.#path(from, depth), value)
  }

  /** What the range leaves in a place that held no more than one leaf, ascending. An equal leaf keeps its identity. */
  #entries(from: number, to: number, old: Entry | undefined, depth: number): Entry[] {
    const entries: Entry[] = []
    let isOldDue = old !== undefined
    for (let index = from; index < to; index++) {
      const path = this.#path(index, depth)
      const order = old !== undefined && isOldDue ? comparePaths(old.path, path) : 1
      if (old !== undefined && order <= 0) isOldDue = false
      if (old !== undefined && order < 0) entries.push(old)
      const before = order === 0 ? old?.value : undefined
      const value = this.#changes.update(index, before)
      if (value === undefined) continue
      entries.push(old !== undefined && before !== undefined && isEqual(before, value) ? old : { path, value })
    }
    if (old !== undefined && isOldDue) entries.push(old)
    return entries
  }

  /** `at`: where its child is. */
  #applyToExtension(path: Path, bytes: Uint8Array, at: number, from: number, to: number, depth: number): Updated {
    // Sorted, so what the first and the last share with the path, all of them share.
    const shared = Math.min(sharedLength(path, this.#path(from, depth)), sharedLength(path, this.#path(to - 1, depth)))
    if (path.start + shared === path.end) {
      const updated = this.apply(bytes, at, from, to, depth + shared)
      return updated === SAME || updated === undefined ? updated : prepend(path, updated)
    }
    const fork = depth + shared
    const ownNibble = nibbleAt(path.bytes, path.start + shared)
    const rest = { ...path, start: path.start + shared + 1 }
    const stored: Changed = { kind: 'stored', bytes, at }
    const own = rest.start === rest.end ? stored : ({ kind: 'extension', path: rest, child: stored } as const)
    const children: Updated[] = new Array(BRANCH_WIDTH).fill(SAME)
    children[ownNibble] = own
    let { value, next, hasChanged } = this.#updateValue(undefined, from, fork)
    while (next < to) {
      const nibble = this.#nibble(next, fork)
      const start = next
      next = this.#rangeEnd(start, to, fork)
      let updated: Updated
      if (nibble !== ownNibble) updated = build(this.#entries(start, next, undefined, fork + 1)) ?? SAME
      else if (own === stored) updated = this.apply(bytes, at, start, next, fork + 1)
      else updated = this.#applyToExtension(rest, bytes, at, start, next, fork + 1)
      if (updated === SAME) continue
      children[nibble] = updated
      hasChanged = true
    }
    if (!hasChanged) return SAME
    const branch = collapse({ kind: 'branch', source: EMPTY_BRANCH, children, value }, this.#nodes)
    return branch && prepend({ ...path, end: path.start + shared }, branch)
  }

  #applyToBranch(bytes: Uint8Array, at: number, from: number, to: number, depth: number): Updated {
    const isValueChanged = this.#path(from, depth).start === this.#changes.ends[from]
    let next = isValueChanged ? from + 1 : from
    let position = payloadStart(bytes, at)
    const children: Updated[] = new Array(BRANCH_WIDTH).fill(SAME)
    let hasChanged = false
    for (let nibble = 0; nibble < BRANCH_WIDTH; nibble++) {
      if (next < to && this.#nibble(next, depth) === nibble) {
        const start = next
        next = this.#rangeEnd(start, to, depth)
        const updated = this.apply(bytes, position, start, next, depth + 1)
        children[nibble] = updated
        if (updated !== SAME) hasChanged = true
      }
      position = itemEnd(bytes, position)
    }
    const old = bytes[position] === NOTHING ? undefined : stringAt(bytes, position)
    const ofValue = isValueChanged ? this.#updateValue(old, from, depth) : undefined
    if (!hasChanged && !ofValue?.hasChanged) return SAME
    return collapse(
      { kind: 'branch', source: { bytes, at }, children, value: ofValue ? ofValue.value : old },
      this.#nodes,
    )
  }

  /** The first of the changes is the value's if its key ends here. */
  #updateValue(
    old: Uint8Array | undefined,
    from: number,
    depth: number,
  ): { value: Uint8Array | undefined; next: number; hasChanged: boolean } {
    const { starts, ends } = this.#changes
    if (starts[from]! + depth !== ends[from]) return { value: old, next: from, hasChanged: false }
    const value = this.#changes.update(from, old)
    const isSame = value === undefined ? old === undefined : old !== undefined && isEqual(old, value)
    return { value: isSame ? old : value, next: from + 1, hasChanged: !isSame }
  }

  #path(index: number, depth: number): Path {
    const { bytes, starts, ends } = this.#changes
    return { bytes, start: starts[index]! + depth, end: ends[index]! }
  }

  #nibble(index: number, depth: number): number {
    return nibbleAt(this.#changes.bytes, this.#changes.starts[index]! + depth)
  }

  /** Where those end that go on with the same nibble as the first. */
  #rangeEnd(from: number, to: number, depth: number): number {
    const nibble = this.#nibble(from, depth)
    let end = from + 1
    while (end < to && this.#nibble(end, depth) === nibble) end++
    return end
  }
}

/** A branch with fewer than two ways to go on is no branch. */
function collapse(branch: ChangedBranch, nodes: NodeReader): Changed | undefined {
  const { children, source, value } = branch
  let position = payloadStart(source.bytes, source.at)
  let count = value === undefined ? 0 : 1
  let only: { nibble: number; at: number } | undefined
  for (const [nibble, child] of children.entries()) {
    const isThere = child === SAME ? source.bytes[position] !== NOTHING : child !== undefined
    if (isThere) {
      if (++count > 1) return branch
      only = { nibble, at: position }
    }
    position = itemEnd(source.bytes, position)
  }
  if (only === undefined) return value === undefined ? undefined : leaf(NO_PATH, value)
  const updated = children[only.nibble]
  const stored: Changed = { kind: 'stored', bytes: source.bytes, at: only.at }
  const child = updated === SAME || updated === undefined ? stored : updated
  return prepend({ bytes: Uint8Array.of(only.nibble), start: 1, end: 2 }, opened(child, nodes))
}

/** The leaf or extension that a reference stands for, so that its path can grow; a branch stays as it is stored. */
function opened(child: Changed, nodes: NodeReader): Changed {
  if (child.kind !== 'stored') return child
  const { bytes, at } = child
  const [node, start] =
    child.rlp !== undefined ? [child.rlp, 0] : bytes[at] === HASH_PREFIX ? [nodes.rlp(bytes, at + 1), 0] : [bytes, at]
  const first = payloadStart(node, start)
  const second = itemEnd(node, first)
  if (itemEnd(node, second) !== itemEnd(node, start)) return child
  child.onOpened?.()
  const path = pathAt(node, first, second)
  if (isLeafPath(node[payloadStart(node, first)]!)) return leaf(path, stringAt(node, second))
  return { kind: 'extension', path, child: { kind: 'stored', bytes: node, at: second } }
}

const NO_PATH: Path = { bytes: new Uint8Array(0), start: 0, end: 0 }

function isEqual(before: Uint8Array, after: Uint8Array): boolean {
  return before === after || equalBytes(before, after)
}

/** The path of a leaf or an extension, whose encoding is the RLP item `[at, end)`. */
function pathAt(bytes: Uint8Array, at: number, end: number): Path {
  const start = payloadStart(bytes, at)
  return packedPath(bytes, start, end - start)
}

function stringAt(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.subarray(payloadStart(bytes, at), itemEnd(bytes, at))
}

function leaf(path: Path, value: Uint8Array): Changed {
  return { kind: 'leaf', path, value }
}

/** The subtree of these entries, which ascend. */
function build(entries: readonly Entry[], from = 0, to: number = entries.length, skipped = 0): Changed | undefined {
  const first = entries[from]
  if (first === undefined || from === to) return undefined
  if (to - from === 1) return leaf({ ...first.path, start: first.path.start + skipped }, first.value)
  const start = { ...first.path, start: first.path.start + skipped }
  const last = entries[to - 1]!.path
  const shared = sharedLength(start, { ...last, start: last.start + skipped })
  const branch = buildBranch(entries, from, to, skipped + shared)
  return prepend({ ...start, end: start.start + shared }, branch)
}

function buildBranch(entries: readonly Entry[], from: number, to: number, skipped: number): Changed {
  const { path, value } = entries[from]!
  const hasValue = path.start + skipped === path.end
  const children: Updated[] = new Array(BRANCH_WIDTH).fill(SAME)
  const nibbleOf = (index: number) => nibbleAt(entries[index]!.path.bytes, entries[index]!.path.start + skipped)
  let next = hasValue ? from + 1 : from
  while (next < to) {
    const start = next
    const nibble = nibbleOf(start)
    while (next < to && nibbleOf(next) === nibble) next++
    children[nibble] = build(entries, start, next, skipped + 1)
  }
  return { kind: 'branch', source: EMPTY_BRANCH, children, value: hasValue ? value : undefined }
}

/** The node reached through `path`: paths of leaves and extensions merge, a branch needs an extension. */
function prepend(path: Path, node: Changed): Changed {
  if (path.start === path.end) return node
  if (node.kind === 'branch' || node.kind === 'stored') return { kind: 'extension', path, child: node }
  return { ...node, path: joinPaths(path, node.path) }
}

import { type Hash, hashToBytes } from '../../primitives/hex.ts'
import { EMPTY_TRIE_ROOT } from '../../primitives/keccak.ts'
import { commonPrefixLength, toNibbles } from './nibbles.ts'
import type { Child, TrieNode } from './node.ts'
import type { NodeReader } from './node-reader.ts'

/** The way to a key: what is there, and the nodes passed that are stored under a hash of their own, the root first. */
export interface TriePath {
  readonly value: Uint8Array | undefined
  readonly nodes: readonly TrieNode[]
}

/** The value of `key`, `undefined` where the trie has none. Throws what `nodes` throws. */
export function lookup(root: Hash, key: Uint8Array, nodes: NodeReader): Uint8Array | undefined {
  return lookupPath(root, key, nodes).value
}

/** Like `lookup`, with the way there. A key that is not there has the nodes that prove it (none for an empty trie). */
export function lookupPath(root: Hash, key: Uint8Array, nodes: NodeReader): TriePath {
  const path = toNibbles(key)
  const passed: TrieNode[] = []
  let depth = 0
  let child: Child | undefined = root === EMPTY_TRIE_ROOT ? undefined : hashToBytes(root)
  while (child !== undefined) {
    const isStored: boolean = child instanceof Uint8Array
    const node: TrieNode = child instanceof Uint8Array ? nodes.node(child) : child
    if (isStored) passed.push(node)
    if (node.kind === 'branch') {
      if (depth === path.length) return { value: node.value, nodes: passed }
      child = node.children[path[depth++]!]
      continue
    }
    if (commonPrefixLength(node.path, path, depth) !== node.path.length) break
    depth += node.path.length
    if (node.kind === 'leaf') return { value: depth === path.length ? node.value : undefined, nodes: passed }
    child = node.child
  }
  return { value: undefined, nodes: passed }
}

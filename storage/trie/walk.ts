import { concatBytes } from '../../primitives/bytes.ts'
import { type Hash, hashToBytes } from '../../primitives/hex.ts'
import { EMPTY_TRIE_ROOT } from '../../primitives/keccak.ts'
import { type Child, decodeNode } from './node.ts'
import type { NodeReader } from './node-reader.ts'

/** An entry of a trie. `path`: the whole key, in nibbles. */
export interface TrieLeaf {
  readonly path: Uint8Array
  readonly value: Uint8Array
}

/**
 * All entries of the trie in order of their keys. Holds one path of nodes at a time. `skips` is told the hash (32 bytes)
 * of each stored node before it is read; when it answers `true` the subtree is left out. Throws what `nodes` throws.
 */
export function* walkTrie(
  root: Hash,
  nodes: NodeReader,
  skips: (hash: Uint8Array) => boolean = () => false,
): Generator<TrieLeaf, void, undefined> {
  if (root !== EMPTY_TRIE_ROOT) yield* walk(hashToBytes(root), new Uint8Array(0), nodes, skips)
}

function* walk(
  child: Child,
  path: Uint8Array,
  nodes: NodeReader,
  skips: (hash: Uint8Array) => boolean,
): Generator<TrieLeaf, void, undefined> {
  if (child instanceof Uint8Array && skips(child)) return
  const node = child instanceof Uint8Array ? decodeNode(nodes.rlp(child)) : child
  switch (node.kind) {
    case 'leaf':
      yield { path: concatBytes(path, node.path), value: node.value }
      return
    case 'extension':
      yield* walk(node.child, concatBytes(path, node.path), nodes, skips)
      return
    case 'branch':
      if (node.value !== undefined) yield { path, value: node.value }
      for (const [nibble, next] of node.children.entries()) {
        if (next !== undefined) yield* walk(next, concatBytes(path, Uint8Array.of(nibble)), nodes, skips)
      }
  }
}

import { bytesToHash } from '../../primitives/hex.ts'
import { StorageError } from '../storage-error.ts'
import { decodeNode, type NewNode, type TrieNode } from './node.ts'

/** Where tries find their nodes. */
export interface NodeReader {
  /** The node with that hash (32 bytes). Throws StorageError `missing-state` when there is none. */
  node(hash: Uint8Array): TrieNode
}

/** A 32-character string: the cheapest Map key that keeps all 32 bytes. */
function mapKey(hash: Uint8Array): string {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.length).toString('latin1')
}

function missingNode(hash: Uint8Array): StorageError {
  return new StorageError('missing-state', 'a node of the trie is not stored', { node: bytesToHash(hash) })
}

/** Nodes in memory only: for tries that are made, looked at and dropped. */
export class MemoryNodes implements NodeReader {
  readonly #nodes = new Map<string, TrieNode>()

  add(nodes: Iterable<NewNode>): void {
    for (const { hash, rlp } of nodes) this.#nodes.set(mapKey(hash), decodeNode(rlp))
  }

  node(hash: Uint8Array): TrieNode {
    const node = this.#nodes.get(mapKey(hash))
    if (node === undefined) throw missingNode(hash)
    return node
  }
}

/** What a decoded node costs in heap beyond its encoding: objects and array headers, measured on branches. */
const NODE_OVERHEAD_BYTES = 1200

interface CachedNode {
  readonly node: TrieNode
  readonly bytes: number
}

/**
 * Decoded nodes of a store, the most recently used kept up to a number of bytes. A node never goes stale: its hash
 * names its content.
 */
export class CachedNodes implements NodeReader {
  readonly #maxBytes: number
  readonly #load: (hash: Uint8Array) => Uint8Array | undefined
  /** Oldest use first: a Map keeps the order of insertion. */
  readonly #cache = new Map<string, CachedNode>()
  #bytes = 0

  constructor(
    options: { readonly cacheBytes: number },
    modules: { readonly load: (hash: Uint8Array) => Uint8Array | undefined },
  ) {
    this.#maxBytes = options.cacheBytes
    this.#load = modules.load
  }

  node(hash: Uint8Array): TrieNode {
    const key = mapKey(hash)
    const cached = this.#cache.get(key)
    if (cached !== undefined) {
      this.#cache.delete(key)
      this.#cache.set(key, cached)
      return cached.node
    }
    const rlp = this.#load(hash)
    if (rlp === undefined) throw missingNode(hash)
    const node = decodeStored(hash, rlp)
    this.#remember(key, { node, bytes: rlp.length + NODE_OVERHEAD_BYTES })
    return node
  }

  #remember(key: string, entry: CachedNode): void {
    this.#cache.set(key, entry)
    this.#bytes += entry.bytes
    for (const [oldest, { bytes }] of this.#cache) {
      if (this.#bytes <= this.#maxBytes) return
      this.#cache.delete(oldest)
      this.#bytes -= bytes
    }
  }
}

function decodeStored(hash: Uint8Array, rlp: Uint8Array): TrieNode {
  try {
    return decodeNode(rlp)
  } catch (cause) {
    throw new StorageError('corrupt', 'a stored trie node cannot be decoded', { node: bytesToHash(hash) }, { cause })
  }
}

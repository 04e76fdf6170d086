import { equalBytes } from '../../primitives/bytes.ts'
import { bytesToHash } from '../../primitives/hex.ts'
import { keccak256 } from '../../primitives/keccak.ts'
import { RecentCache } from '../recent-cache.ts'
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

/** Heap bytes of a decoded node for each byte of its RLP: 4.2 kB for a full branch of 532, 0.6 kB for a leaf of 110. */
const HEAP_FACTOR = 8

interface CachedNode {
  readonly node: TrieNode
  readonly heapBytes: number
}

/** Decoded nodes of a store, those used lately kept. A node never goes stale: its hash names its content. */
export class CachedNodes implements NodeReader {
  readonly #load: (hash: Uint8Array) => Uint8Array | undefined
  readonly #cache: RecentCache<string, CachedNode>

  constructor(
    options: { readonly cacheBytes: number },
    modules: { readonly load: (hash: Uint8Array) => Uint8Array | undefined },
  ) {
    this.#load = modules.load
    this.#cache = new RecentCache({ maxWeight: options.cacheBytes }, { weigh: ({ heapBytes }) => heapBytes })
  }

  node(hash: Uint8Array): TrieNode {
    const cached = this.#cache.get(mapKey(hash), () => {
      const rlp = this.#load(hash)
      return rlp && { node: decodeStored(hash, rlp), heapBytes: rlp.length * HEAP_FACTOR }
    })
    if (cached === undefined) throw missingNode(hash)
    return cached.node
  }
}

/** LevelDB does not check what it reads; unnoticed, a damaged node would make a valid block look wrong. */
function decodeStored(hash: Uint8Array, rlp: Uint8Array): TrieNode {
  if (equalBytes(keccak256(rlp), hash)) return decodeNode(rlp)
  throw new StorageError('corrupt', 'a stored trie node is not what its hash says', { node: bytesToHash(hash) })
}

import { equalBytes } from '../../primitives/bytes.ts'
import { bytesToHash } from '../../primitives/hex.ts'
import { keccak256 } from '../../primitives/keccak.ts'
import { StorageError } from '../storage-error.ts'
import { HASH_BYTES } from './encoded-node.ts'
import type { NewNode } from './node.ts'
import { NodeCache } from './node-cache.ts'

/** Where tries find their nodes. */
export interface NodeReader {
  /**
   * RLP of the node whose hash (32 bytes) is at that place of the bytes; not to be changed. Throws StorageError
   * `missing-state` when there is none.
   */
  rlp(hash: Uint8Array, at?: number): Uint8Array
  /** Tells of nodes that an update made: the next one is likely to read them. */
  remember?(nodes: Iterable<NewNode>): void
}

/** A 32-character string: the cheapest Map key that keeps all 32 bytes. */
function mapKey(hash: Uint8Array, at: number): string {
  return Buffer.from(hash.buffer, hash.byteOffset + at, HASH_BYTES).toString('latin1')
}

function missingNode(hash: Uint8Array): StorageError {
  return new StorageError('missing-state', 'a node of the trie is not stored', { node: bytesToHash(hash) })
}

/** Nodes in memory, over those of another reader if there is one: for tries that are made, looked at and dropped. */
export class MemoryNodes implements NodeReader {
  readonly #nodes = new Map<string, Uint8Array>()
  readonly #below: NodeReader | undefined

  constructor(below?: NodeReader) {
    this.#below = below
  }

  add(nodes: Iterable<NewNode>): void {
    for (const { hash, rlp } of nodes) this.#nodes.set(mapKey(hash, 0), rlp)
  }

  rlp(hash: Uint8Array, at = 0): Uint8Array {
    const rlp = this.#nodes.get(mapKey(hash, at)) ?? this.#below?.rlp(hash, at)
    if (rlp === undefined) throw missingNode(hash.slice(at, at + HASH_BYTES))
    return rlp
  }
}

/** Nodes of a store, those used lately kept. A node never goes stale: its hash names its content. */
export class CachedNodes implements NodeReader {
  readonly #load: (hash: Uint8Array) => Uint8Array | undefined
  readonly #cache: NodeCache

  constructor(
    options: { readonly cacheBytes: number },
    modules: { readonly load: (hash: Uint8Array) => Uint8Array | undefined },
  ) {
    this.#load = modules.load
    this.#cache = new NodeCache({ maxBytes: options.cacheBytes })
  }

  rlp(hash: Uint8Array, at = 0): Uint8Array {
    return this.#cache.get(hash, at) ?? this.#loaded(hash.slice(at, at + HASH_BYTES))
  }

  /**
   * The nodes may not be stored yet, or never be: whoever reads them comes from a root that is, so that what is stored
   * refers to stored nodes only.
   */
  remember(nodes: Iterable<NewNode>): void {
    for (const { hash, rlp } of nodes) if (this.#cache.get(hash, 0) === undefined) this.#cache.add(hash, 0, rlp)
  }

  /** LevelDB does not check what it reads; unnoticed, a damaged node would make a valid block look wrong. */
  #loaded(hash: Uint8Array): Uint8Array {
    const rlp = this.#load(hash)
    if (rlp === undefined) throw missingNode(hash)
    if (!equalBytes(keccak256(rlp), hash)) {
      throw new StorageError('corrupt', 'a stored trie node is not what its hash says', { node: bytesToHash(hash) })
    }
    this.#cache.add(hash, 0, rlp)
    return rlp
  }
}

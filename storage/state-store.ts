import type { TrieAccount } from '../primitives/account.ts'
import { EMPTY_BYTES } from '../primitives/bytes.ts'
import { type Address, type Hash, hashToBytes } from '../primitives/hex.ts'
import { EMPTY_TRIE_ROOT, KECCAK_EMPTY } from '../primitives/keccak.ts'
import { changedStateRoot } from './block-store.ts'
import type { Database } from './database.ts'
import { readFlatAccount, readFlatSlot } from './flat-state.ts'
import { readForkPoint } from './fork/fork-point.ts'
import { viewOfForked } from './fork/history.ts'
import { requireHead, type StoredHead } from './head.ts'
import { hashKey, trieNodeKey } from './keys.ts'
import type { Reader } from './reader.ts'
import type { StateView } from './state-view.ts'
import { StorageError } from './storage-error.ts'
import { CachedNodes, type NodeReader } from './trie/node-reader.ts'
import { lookupAccount, lookupSlot } from './trie/state-trie.ts'

export interface StateStoreOptions {
  /** Memory that trie nodes may take. Default 64 MiB, some 300,000 nodes. */
  readonly trieCacheBytes?: number
}

/** A consistent view of head and state while blocks are imported. Close it soon: it holds back compaction. */
export interface ReadSnapshot {
  readonly head: StoredHead
  readonly reader: Reader
  /**
   * The state after that block, with what its user may have changed since: flat if it is the head, else from the trie, or on a
   * forked chain from what undoes the blocks after it. `undefined` when it is not kept.
   */
  stateAt(block: { readonly hash: Hash; readonly stateRoot: Hash }): StateView | undefined
  close(): Promise<void>
}

const DEFAULT_TRIE_CACHE_BYTES = 64 << 20

/** Reads state. One a thread: the cache of trie nodes is the thread's own. */
export class StateStore {
  readonly #database: Database
  /** Trie nodes of every state that is kept. */
  readonly nodes: NodeReader

  constructor(options: StateStoreOptions, modules: { readonly database: Database }) {
    this.#database = modules.database
    this.nodes = storedNodes(modules.database, options.trieCacheBytes ?? DEFAULT_TRIE_CACHE_BYTES)
  }

  /** The state after the head, whichever block that is at each read. */
  headView(): StateView {
    return flatView(this.#database)
  }

  /**
   * The state after that block if it is the head, for reads that are done before anything else gets its turn: batches are written by
   * this thread, so nothing changes in between. `undefined` while one that changes the state is being written, on a forked chain, and
   * in threads without the state cache: take a snapshot, which costs as much as four reads.
   */
  current(hash: Hash): StateView | undefined {
    const isSettled = this.#database.isSteady && !this.#database.isForked
    return isSettled && requireHead(this.#database).hash === hash ? this.headView() : undefined
  }

  /** See `Database.fetched`. */
  async fetched<T>(read: () => T | Promise<T>): Promise<T> {
    return await this.#database.fetched(read)
  }

  /** Throws StorageError `empty` before the genesis is stored. */
  snapshot(): ReadSnapshot {
    const reader = this.#database.snapshot()
    const head = requireHead(reader)
    return {
      head,
      reader,
      stateAt: (block) => {
        if (block.hash === head.hash) return flatView(reader)
        const point = this.#database.isForked ? readForkPoint(reader) : undefined
        if (point !== undefined) return viewOfForked(block.hash, { reader, head, point }, flatView(reader))
        const stateRoot = changedStateRoot(reader, block.hash) ?? block.stateRoot
        // The nodes may be newer than the snapshot. They are named by their content, so what is found is right.
        return hasState(this.#database, stateRoot) ? trieView(reader, stateRoot, this.nodes) : undefined
      },
      close: () => reader.close(),
    }
  }
}

/** Trie nodes in the database, with a cache. */
export function storedNodes(reader: Reader, cacheBytes: number): CachedNodes {
  return new CachedNodes({ cacheBytes }, { load: (hash) => reader.get(trieNodeKey(hash)) })
}

/** Whether the state of that root is kept. */
export function hasState(reader: Reader, stateRoot: Hash): boolean {
  return stateRoot === EMPTY_TRIE_ROOT || reader.get(trieNodeKey(hashToBytes(stateRoot))) !== undefined
}

/** The state after the head, from the flat state: a read or two of LevelDB for each value. */
export function flatView(reader: Reader): StateView {
  return {
    account: (address) => readFlatAccount(reader, address),
    slot: (address, slot) => readFlatSlot(reader, address, slot),
    code: (codeHash) => readCode(reader, codeHash),
    hasStorage: (address) => (readFlatAccount(reader, address)?.slotCount ?? 0n) > 0n,
  }
}

/**
 * The state of any root that is kept, from the trie. Meant for one call: it remembers the accounts it has looked up.
 * Its methods throw StorageError `missing-state` when the state is pruned.
 */
export function trieView(reader: Reader, stateRoot: Hash, nodes: NodeReader): StateView {
  const accounts = new Map<Address, TrieAccount | undefined>()
  const lookup = (address: Address): TrieAccount | undefined => {
    if (!accounts.has(address)) accounts.set(address, lookupAccount(stateRoot, address, nodes))
    return accounts.get(address)
  }
  return {
    account: lookup,
    slot: (address, slot) => lookupSlot(lookup(address)?.storageRoot ?? EMPTY_TRIE_ROOT, slot, nodes),
    code: (codeHash) => readCode(reader, codeHash),
    hasStorage: (address) => (lookup(address)?.storageRoot ?? EMPTY_TRIE_ROOT) !== EMPTY_TRIE_ROOT,
  }
}

/** Throws StorageError `corrupt` when the code is missing. */
function readCode(reader: Reader, codeHash: Hash): Uint8Array {
  if (codeHash === KECCAK_EMPTY) return EMPTY_BYTES
  const code = reader.get(hashKey('code', codeHash))
  if (code === undefined) throw new StorageError('corrupt', `the code ${codeHash} is missing`, { codeHash })
  return code
}

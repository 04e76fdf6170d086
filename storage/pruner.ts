import { setImmediate } from 'node:timers/promises'
import { decodeTrieAccount } from '../primitives/account.ts'
import type { Hash } from '../primitives/hex.ts'
import { Batch } from './batch.ts'
import { BlockStore } from './block-store.ts'
import type { Database } from './database.ts'
import { requireHead } from './head.ts'
import { bucketKey, numberKey } from './keys.ts'
import type { Mutex } from './mutex.ts'
import { hasState, storedNodes } from './state-store.ts'
import { StorageError } from './storage-error.ts'
import type { NewNode } from './trie/node.ts'
import type { NodeReader } from './trie/node-reader.ts'
import { NodeSet } from './trie/node-set.ts'
import { type TrieLeaf, walkTrie } from './trie/walk.ts'

export interface PruneReport {
  /** The oldest block whose state is kept. */
  readonly oldestState: bigint
  readonly keptNodes: number
  readonly deletedNodes: number
}

/** Steps between turns of the event loop: some 10 ms. */
const STEPS_A_TURN = 1000
const DELETES_A_BATCH = 1000
const CACHE_BYTES = 8 << 20

/**
 * Deletes the trie nodes of old states: marks what the newest `keepStates` states reach, then sweeps the rest. Nodes are
 * shared by content among accounts and states, so that only this tells which are in use.
 *
 * Why it is safe while blocks are imported: a commit stores every node that its update made, whether or not it was there
 * before, and notes them here under the same lock under which the sweep looks and deletes; and what new nodes refer to
 * was reached by the head before. A kill at any moment leaves only nodes undeleted.
 */
export class Pruner {
  readonly #keepStates: bigint
  readonly #database: Database
  readonly #writing: Mutex
  #used: NodeSet | undefined
  #isStopped = false

  constructor(
    options: { readonly keepStates: number },
    modules: { readonly database: Database; readonly writing: Mutex },
  ) {
    this.#keepStates = BigInt(Math.max(1, options.keepStates))
    this.#database = modules.database
    this.#writing = modules.writing
  }

  get isRunning(): boolean {
    return this.#used !== undefined
  }

  /** Ends a running prune soon. */
  stop(): void {
    this.#isStopped = true
  }

  /** Nodes that a commit stores, told by it while it holds the lock. */
  note(nodes: readonly NewNode[]): void {
    for (const { hash } of nodes) this.#used?.add(hash)
  }

  /** Throws StorageError. Must not be called while it runs. */
  async run(): Promise<PruneReport> {
    const used = new NodeSet()
    this.#used = used
    this.#isStopped = false
    try {
      const { number } = requireHead(this.#database)
      const oldestState = number < this.#keepStates ? 0n : number - this.#keepStates + 1n
      await this.#mark(used, oldestState, number)
      const deletedNodes = await this.#sweep(used)
      await this.#deleteReverseDiffs(oldestState)
      return { oldestState, keptNodes: used.size, deletedNodes }
    } finally {
      this.#used = undefined
    }
  }

  async #mark(used: NodeSet, oldest: bigint, newest: bigint): Promise<void> {
    const blocks = new BlockStore({ reader: this.#database })
    const nodes = storedNodes(this.#database, CACHE_BYTES)
    let steps = 0
    // Newest first: a reorg during the walk can only take away blocks that come early.
    for (let number = newest; number >= oldest; number--) {
      const hash = blocks.canonicalHash(number)
      const stateRoot = hash && blocks.stateRoot(hash)
      if (stateRoot === undefined || !hasState(this.#database, stateRoot)) continue
      const skips = (hash: Uint8Array): boolean => !used.add(hash)
      for (const _ of walkState(stateRoot, nodes, skips)) if (++steps % STEPS_A_TURN === 0) await this.#turn()
    }
  }

  async #turn(): Promise<void> {
    if (this.#isStopped) throw new StorageError('closed', 'pruning was stopped')
    await setImmediate()
  }

  async #sweep(used: NodeSet): Promise<number> {
    let deleted = 0
    let unused: Uint8Array[] = []
    const flush = (): Promise<void> =>
      this.#writing.run(async () => {
        const batch = new Batch()
        for (const key of unused) if (!used.has(key.subarray(1))) batch.delete(key)
        deleted += batch.operations.length
        unused = []
        await this.#database.write(batch, { sync: false })
      })
    for await (const { key } of this.#database.entries(bucketKey('trieNode'))) {
      if (used.has(key.subarray(1))) continue
      if (unused.push(key) < DELETES_A_BATCH) continue
      if (this.#isStopped) break
      await flush()
    }
    await flush()
    return deleted
  }

  /** Without the state before them, blocks cannot be rolled back. */
  async #deleteReverseDiffs(oldestState: bigint): Promise<void> {
    const end = numberKey('reverseDiff', oldestState)
    const batch = new Batch()
    for await (const { key } of this.#database.entries(bucketKey('reverseDiff'))) {
      if (Buffer.compare(key, end) > 0) break
      batch.delete(key)
    }
    await this.#writing.run(() => this.#database.write(batch, { sync: false }))
  }
}

/** All entries of a state: accounts and slots. */
function* walkState(
  stateRoot: Hash,
  nodes: NodeReader,
  skips: (hash: Uint8Array) => boolean,
): Generator<TrieLeaf, void, undefined> {
  for (const leaf of walkTrie(stateRoot, nodes, skips)) {
    yield leaf
    yield* walkTrie(decodeTrieAccount(leaf.value).storageRoot, nodes, skips)
  }
}

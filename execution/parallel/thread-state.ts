import type { ChainConfig } from '../../config/chain.ts'
import type { Block } from '../../primitives/block.ts'
import type { Header } from '../../primitives/header.ts'
import type { Hash } from '../../primitives/hex.ts'
import { BlockStore } from '../../storage/block-store.ts'
import { type Database, openDatabaseForReading } from '../../storage/database.ts'
import type { StateBase } from '../../storage/fork/state-base.ts'
import type { Reader } from '../../storage/reader.ts'
import { RecentCache } from '../../storage/recent-cache.ts'
import { type ReadSnapshot, StateStore } from '../../storage/state-store.ts'
import type { StateView } from '../../storage/state-view.ts'
import type { NodeReader } from '../../storage/trie/node-reader.ts'
import { CachingView } from './caching-view.ts'
import { ExecutionError } from './execution-error.ts'
import type { ThreadData } from './protocol.ts'

/** The state after one block. */
export interface BlockState {
  /** Remembers what it has read. */
  readonly view: StateView
  /** The same, which remembers nothing but code: for who keeps accounts and slots himself. */
  readonly source: StateView
  /** The whole database at that moment. */
  readonly reader: Reader
}

/** It stays as it is while other blocks are imported. Close it soon: it holds back compaction. */
export interface FixedState extends BlockState {
  close(): void
}

/** Bytes of code that a thread remembers: some hundred contracts. */
const CODE_CACHE_BYTES = 4 << 20

/** The database as one thread reads it. */
export class ThreadState {
  readonly chain: ChainConfig
  readonly #database: Database
  readonly #states: StateStore
  /** Nobody else writes, so that nothing changes while this thread does something else. */
  readonly #isWriter: boolean
  readonly #codes = new RecentCache<Hash, Uint8Array>({ maxWeight: CODE_CACHE_BYTES }, { weigh: (code) => code.length })

  /** Of the thread that writes to the database. */
  constructor(
    { chain }: Pick<ThreadData, 'chain'>,
    { database, isWriter = true }: { readonly database: Database; readonly isWriter?: boolean },
  ) {
    this.chain = chain
    this.#database = database
    this.#isWriter = isWriter
    this.#states = new StateStore({}, { database })
  }

  /** Of another thread, with what a forked chain begins upon, if it may be one. */
  static async open(
    data: Pick<ThreadData, 'databaseDirectory' | 'stateCache' | 'chain'>,
    base?: StateBase,
  ): Promise<ThreadState> {
    const database = await openDatabaseForReading(data.databaseDirectory, data.stateCache, base)
    return new ThreadState(data, { database, isWriter: false })
  }

  get isForked(): boolean {
    return this.#database.isForked
  }

  /** As it is stored now; `undefined` if it is not. Of the block that a forked chain begins upon there is this and no more. */
  header(hash: Hash): Header | undefined {
    return new BlockStore({ reader: this.#database }).header(hash)
  }

  /** As it is stored now; `undefined` if it is not. */
  block(hash: Hash): Block | undefined {
    return new BlockStore({ reader: this.#database }).block(hash)
  }

  get nodes(): NodeReader {
    return this.#states.nodes
  }

  /** Throws `ExecutionError` `state-unavailable` when the state is not kept. */
  after(block: { readonly hash: Hash; readonly stateRoot: Hash }): FixedState {
    const snapshot = this.#states.snapshot()
    const view = viewAt(snapshot, block)
    if (view === undefined) {
      void snapshot.close()
      throw new ExecutionError('state-unavailable', `the state after block ${block.hash} is not kept`, {
        hash: block.hash,
      })
    }
    return { ...this.#views(view), reader: snapshot.reader, close: () => void snapshot.close() }
  }

  /** What `use`, which waits for nothing, makes of the state after a block. Throws as `after`. */
  use<Result>(block: { readonly hash: Hash; readonly stateRoot: Hash }, use: (state: BlockState) => Result): Result {
    // A snapshot costs 40 us.
    const current = this.#isWriter ? this.#states.current(block.hash) : undefined
    if (current !== undefined) return use({ ...this.#views(current), reader: this.#database })
    const state = this.after(block)
    try {
      return use(state)
    } finally {
      state.close()
    }
  }

  #views(view: StateView): Pick<BlockState, 'view' | 'source'> {
    const source: StateView = {
      account: (address) => view.account(address),
      slot: (address, slot) => view.slot(address, slot),
      code: (codeHash) => this.#codes.get(codeHash, () => view.code(codeHash))!,
      hasStorage: (address) => view.hasStorage(address),
    }
    return { view: new CachingView(source), source }
  }

  async close(): Promise<void> {
    await this.#database.close()
  }
}

function viewAt(
  snapshot: ReadSnapshot,
  block: { readonly hash: Hash; readonly stateRoot: Hash },
): StateView | undefined {
  try {
    return snapshot.stateAt(block)
  } catch (error) {
    void snapshot.close()
    throw error
  }
}

import { type Block, encodeBody } from '../primitives/block.ts'
import { bigintToMinimalBytes, concatBytes } from '../primitives/bytes.ts'
import { encodeHeader, type Header } from '../primitives/header.ts'
import { type Address, addressToBytes, type Hash, hashToBytes } from '../primitives/hex.ts'
import { EMPTY_TRIE_ROOT } from '../primitives/keccak.ts'
import type { Receipt } from '../primitives/receipt.ts'
import { encodeRlp } from '../primitives/rlp.ts'
import { transactionHash } from '../primitives/transaction.ts'
import { Batch } from './batch.ts'
import { BlockStore } from './block-store.ts'
import type { Bucket } from './buckets.ts'
import { composeDiffs } from './compose-diffs.ts'
import type { Database } from './database.ts'
import { applyDiff, readFlatAccount } from './flat-state.ts'
import { type ForkPoint, readForkPoint, writeForkPoint } from './fork/fork-point.ts'
import { withWholeAccounts } from './fork/whole-accounts.ts'
import type { GenesisBlock } from './genesis-block.ts'
import { readHead, type StoredHead, writeHead } from './head.ts'
import { bucketKey, hashKey, numberKey, trieNodeKey } from './keys.ts'
import { Mutex } from './mutex.ts'
import { type PruneReport, Pruner } from './pruner.ts'
import type { Scanner } from './reader.ts'
import { decodeStateDiff, encodeStateDiff } from './state-diff-codec.ts'
import type { StateDiff } from './state-view.ts'
import { StorageError } from './storage-error.ts'
import { encodeTransactionLocations } from './transaction-location.ts'
import type { NewNode } from './trie/node.ts'
import type { NodeReader } from './trie/node-reader.ts'
import { updateState } from './trie/state-trie.ts'

export interface CommitterOptions {
  /** How many of the newest states to keep, the head's included; every one when absent. */
  readonly keepStates?: number | undefined
  /** How many of the newest blocks keep their timeline. Default 256. */
  readonly keepTimelines?: number | undefined
}

export interface CommitterModules {
  readonly database: Database
  /** Gets to know of new blocks first. */
  readonly blocks?: BlockStore | undefined
  /** Told how a prune in the background ended. */
  readonly onPruned?: (result: PruneReport | StorageError) => void
}

/** A block that is stored though this node has not executed it: on another branch than the head's. */
export interface SideBlock {
  readonly block: Block
  readonly hash: Hash
  /** Sum of the difficulties up to and including this block. */
  readonly totalDifficulty: bigint
}

/** A block with all that executing it on the head gave. Its claims have been checked. */
export interface ExecutedSideBlock extends SideBlock {
  /** In consensus form. */
  readonly encodedReceipts: readonly Uint8Array[]
  /** The same, where they need not be decoded for it. */
  readonly receipts?: readonly Receipt[] | undefined
  /** Of each transaction. */
  readonly senders: readonly Address[]
  readonly diff: StateDiff
  /** All nodes that the update of the state trie made. */
  readonly trieNodes: readonly NewNode[]
  /** Opaque bytes that `BlockStore.replay` gives back. */
  readonly timeline?: Uint8Array | undefined
}

/** A block of another chain that this one is to begin upon: nothing but its header is stored. */
export interface ForkedBlock {
  readonly header: Header
  readonly point: ForkPoint
}

/** All that is of the chain. Codes are kept: their hashes name them. */
const CHAIN_BUCKETS = [
  'header',
  'body',
  'receipts',
  'senders',
  'totalDifficulty',
  'canonicalHash',
  'transactionLocation',
  'reverseDiff',
  'replay',
  'account',
  'slot',
  'trieNode',
  'changedStateRoot',
] as const satisfies readonly Bucket[]

const DEFAULT_KEPT_TIMELINES = 256

/** Before a genesis. */
const NO_STATE: Scanner = { get: () => undefined, async *entries() {} }

const NO_CHANGE: StateDiff = { accounts: new Map(), codes: new Map() }

/**
 * Writes the chain: the only one that does. Each method is one atomic batch, on disk when its promise resolves unless the database
 * is one that writes behind, and they run one after another. At any instant the head and the flat state are those of one and the same block.
 */
export class Committer {
  readonly #keepStates: number | undefined
  readonly #keepTimelines: bigint
  readonly #database: Database
  readonly #blocks: BlockStore
  readonly #writing = new Mutex()
  readonly #pruner: Pruner
  readonly #onPruned: NonNullable<CommitterModules['onPruned']>
  #pruning: Promise<void> = Promise.resolve()

  constructor(options: CommitterOptions, modules: CommitterModules) {
    const { database, blocks = new BlockStore({ reader: database }), onPruned } = modules
    this.#keepStates = options.keepStates
    this.#keepTimelines = BigInt(options.keepTimelines ?? DEFAULT_KEPT_TIMELINES)
    this.#database = database
    this.#blocks = blocks
    this.#pruner = new Pruner({ keepStates: options.keepStates ?? 1 }, { database, writing: this.#writing })
    this.#onPruned = onPruned ?? (() => {})
  }

  /** Makes the genesis the head of an empty database; does nothing when there is a head already. */
  commitGenesis(genesis: GenesisBlock): Promise<void> {
    return this.#writing.run(async () => {
      if (readHead(this.#database) !== undefined) return
      await this.#write(await this.#genesisBatch(genesis))
    })
  }

  /**
   * Forgets the chain, but for its codes, and begins another: with a genesis, or upon a block of another chain, whose state is in
   * the base that `switchBase` puts in place. The trie of such a chain begins empty: roots are those of what has been changed.
   */
  restart(first: GenesisBlock | ForkedBlock, switchBase: () => void): Promise<void> {
    return this.#writing.run(async () => {
      const batch = new Batch()
      for (const bucket of CHAIN_BUCKETS) {
        for await (const { key } of this.#database.entries(bucketKey(bucket))) batch.delete(key)
      }
      writeForkPoint(batch, 'point' in first ? first.point : undefined)
      if ('point' in first) forkedBatch(first, batch)
      else await this.#genesisBatch(first, batch)
      await this.#database.write(batch, { onBegin: switchBase })
    })
  }

  /** Stores a block without executing it. */
  storeSideBlock(side: SideBlock): Promise<void> {
    return this.#writing.run(async () => {
      const batch = new Batch()
      putBlock(batch, side)
      await this.#write(batch)
    })
  }

  /**
   * Makes a child of the head the head. Throws StorageError `not-on-head` when it is not its child, `disk-full`,
   * `write-failed`; then nothing has changed.
   */
  commitBlock(executed: ExecutedSideBlock): Promise<void> {
    return this.#writing.run(async () => {
      const head = this.#blocks.head()
      const { parentHash, number } = executed.block.header
      if (parentHash !== head.hash || number !== head.number + 1n) {
        const message = `block ${number} ${executed.hash} is not a child of the head, block ${head.number} ${head.hash}`
        throw new StorageError('not-on-head', message, { parentHash, head: head.hash })
      }
      const batch = await this.#database.fetched(() => this.#executedBatch(executed))
      const isOld = number >= this.#keepTimelines
      const outdated = isOld ? this.#blocks.canonicalHash(number - this.#keepTimelines) : undefined
      if (outdated !== undefined) batch.delete(hashKey('replay', outdated))
      await this.#write(batch)
      this.#blocks.remember(executed.hash, executed.block, executed.receipts)
      this.#pruner.note(executed.trieNodes)
      this.#pruneIfDue(number)
    })
  }

  /**
   * Makes the parent of the head the head again, and returns it. The block stays stored, with its receipts. Throws
   * StorageError `not-on-head` when the head is the genesis, `missing-state` when the state before it is pruned.
   */
  rollbackHead(): Promise<StoredHead> {
    return this.#writing.run(async () => {
      const head = this.#blocks.head()
      const block = this.#stored(head.hash, this.#blocks.block(head.hash))
      if (head.number === this.firstNumber()) throw new StorageError('not-on-head', 'the genesis cannot be rolled back')
      const { parentHash } = block.header
      const parent: Header = this.#stored(parentHash, this.#blocks.header(parentHash))
      const reverse = this.#database.get(numberKey('reverseDiff', head.number))
      if (reverse === undefined) {
        throw new StorageError('missing-state', `the state before block ${head.number} is not kept`)
      }
      const batch = await this.#database.fetched(async () => {
        const undoing = new Batch()
        await applyDiff(this.#database, decodeStateDiff(reverse), undoing)
        return undoing
      })
      batch.delete(numberKey('reverseDiff', head.number))
      batch.delete(hashKey('changedStateRoot', head.hash))
      batch.delete(numberKey('canonicalHash', head.number))
      batch.delete(hashKey('replay', head.hash))
      for (const transaction of block.transactions) {
        batch.delete(hashKey('transactionLocation', transactionHash(transaction)))
      }
      const stateRoot = this.#stored(parentHash, this.#blocks.stateRoot(parentHash))
      const newHead = { hash: parentHash, number: parent.number, stateRoot }
      writeHead(batch, newHead)
      await this.#write(batch)
      return newHead
    })
  }

  /**
   * Changes the state after the head, without a block: for the user of a chain that nobody else follows. Rolling the head back
   * undoes it too. Returns what undoes it alone.
   */
  changeHeadState(diff: StateDiff, nodes: NodeReader): Promise<StateDiff> {
    return this.#writing.run(async () => {
      const head = this.#blocks.head()
      const { batch, undo } = await this.#database.fetched(async () => {
        const changing = new Batch()
        return { batch: changing, undo: await applyDiff(this.#database, diff, changing) }
      })
      const isForked = this.#database.isForked
      const account = (address: Address) => readFlatAccount(this.#database, address)
      const whole = isForked ? withWholeAccounts(diff, { account }) : diff
      const { stateRoot, nodes: trieNodes } = updateState(head.stateRoot, whole, nodes)
      const key = numberKey('reverseDiff', head.number)
      const reverse = this.#database.get(key)
      const reverseBefore = reverse === undefined ? NO_CHANGE : decodeStateDiff(reverse)
      batch.put(key, encodeStateDiff(composeDiffs(undo, reverseBefore)))
      for (const node of trieNodes) batch.put(trieNodeKey(node.hash), node.rlp)
      batch.put(hashKey('changedStateRoot', head.hash), hashToBytes(stateRoot))
      writeHead(batch, { ...head, stateRoot })
      await this.#write(batch)
      this.#pruner.note(trieNodes)
      return undo
    })
  }

  /** Of the first block that is stored: 0 but on a forked chain. */
  firstNumber(): bigint {
    return (this.#database.isForked ? readForkPoint(this.#database) : undefined)?.number ?? 0n
  }

  /** What undoes all that has been changed after the first block without a block. */
  changesOfFirst(): StateDiff {
    const reverse = this.#database.get(numberKey('reverseDiff', this.firstNumber()))
    return reverse === undefined ? NO_CHANGE : decodeStateDiff(reverse)
  }

  /** Waits for what has begun; a prune in the background ends early. Before the database is closed. */
  async close(): Promise<void> {
    this.#pruner.stop()
    await this.#pruning
    await this.#writing.run(async () => {})
  }

  #write(batch: Batch): Promise<void> {
    return this.#database.write(batch, { mayWait: true })
  }

  async #genesisBatch({ block, hash, diff, trieNodes }: GenesisBlock, batch?: Batch): Promise<Batch> {
    const executed = { block, hash, diff, trieNodes, encodedReceipts: [], senders: [] }
    return await this.#executedBatch({ ...executed, totalDifficulty: block.header.difficulty }, NO_STATE, batch)
  }

  async #executedBatch(
    executed: ExecutedSideBlock,
    state: Scanner = this.#database,
    batch = new Batch(),
  ): Promise<Batch> {
    const { block, hash, encodedReceipts, senders, diff, trieNodes, timeline } = executed
    const { number, stateRoot } = block.header
    putBlock(batch, executed)
    batch.put(hashKey('receipts', hash), encodeRlp(encodedReceipts))
    batch.put(hashKey('senders', hash), concatBytes(...senders.map(addressToBytes)))
    if (timeline !== undefined) batch.put(hashKey('replay', hash), timeline)
    const locations = encodeTransactionLocations({ blockHash: hash, blockNumber: number }, block.transactions.length)
    for (const [index, transaction] of block.transactions.entries()) {
      batch.put(hashKey('transactionLocation', transactionHash(transaction)), locations[index]!)
    }
    const reverse = await applyDiff(state, diff, batch)
    if (number > 0n) batch.put(numberKey('reverseDiff', number), encodeStateDiff(reverse))
    for (const node of trieNodes) batch.put(trieNodeKey(node.hash), node.rlp)
    batch.put(numberKey('canonicalHash', number), hashToBytes(hash))
    writeHead(batch, { hash, number, stateRoot })
    return batch
  }

  #stored<T>(hash: Hash, value: T | undefined): T {
    if (value === undefined) throw new StorageError('missing-block', `block ${hash} is not stored`, { hash })
    return value
  }

  #pruneIfDue(number: bigint): void {
    if (this.#keepStates === undefined || number % BigInt(this.#keepStates) !== 0n || this.#pruner.isRunning) return
    this.#pruning = this.#pruner.run().then(this.#onPruned, (error: unknown) => {
      if (!(error instanceof StorageError)) throw error
      this.#onPruned(error)
    })
  }
}

function forkedBatch({ header, point }: ForkedBlock, batch: Batch): void {
  const { hash, number } = point
  batch.put(hashKey('header', hash), encodeHeader(header))
  batch.put(hashKey('totalDifficulty', hash), bigintToMinimalBytes(header.difficulty))
  batch.put(numberKey('canonicalHash', number), hashToBytes(hash))
  batch.put(hashKey('changedStateRoot', hash), hashToBytes(EMPTY_TRIE_ROOT))
  writeHead(batch, { hash, number, stateRoot: EMPTY_TRIE_ROOT })
}

function putBlock(batch: Batch, { block, hash, totalDifficulty }: SideBlock): void {
  batch.put(hashKey('header', hash), encodeHeader(block.header))
  batch.put(hashKey('body', hash), encodeBody(block))
  batch.put(hashKey('totalDifficulty', hash), bigintToMinimalBytes(totalDifficulty))
}

import { randomBytes } from 'node:crypto'
import { bytesToHash, type Hash } from '../../primitives/hex.ts'
import type { Transaction } from '../../primitives/transaction.ts'
import type { BlockStore } from '../../storage/block-store.ts'
import type { Committer } from '../../storage/commit.ts'
import type { Scanner } from '../../storage/reader.ts'
import type { StateStore } from '../../storage/state-store.ts'
import type { Chain } from '../chain.ts'
import type { TxPool } from '../txpool/pool.ts'
import type { PooledTransaction } from '../txpool/pooled-transaction.ts'
import type { BlockWishes } from './block-wishes.ts'
import { ChainClock } from './clock.ts'
import { ControlError } from './control-error.ts'
import type { Fork, ForkAddress, Forking } from './forking.ts'
import { Impersonation } from './impersonation.ts'
import { ControlledMiner, type ControlledMinerModules, type ControlledMinerOptions } from './miner.ts'
import { type Moment, type Return, Snapshots } from './snapshots.ts'
import { ControlledState } from './state.ts'
import { Turns } from './turns.ts'

export interface ControlsModules extends Omit<ControlledMinerModules, 'clock' | 'turns'> {
  readonly chain: Chain
  readonly txpool: TxPool
  readonly blocks: Pick<BlockStore, 'canonicalHash'>
  readonly states: Pick<StateStore, 'headView' | 'nodes' | 'fetched'>
  readonly committer: Pick<Committer, 'changeHeadState' | 'changesOfFirst' | 'firstNumber'>
  readonly database: Scanner
  readonly forking: Forking
  readonly setLogging: (isOn: boolean) => void
  /** Milliseconds since 1970; the clock where absent. */
  readonly now?: (() => number) | undefined
}

/**
 * A chain in the hands of its user: on a single node, whose genesis has `controls`. What changes it waits for its turn (`inTurn`),
 * and within that for the import under way.
 */
export class Controls {
  readonly clock: ChainClock
  readonly wishes: BlockWishes
  readonly miner: ControlledMiner
  readonly state: ControlledState
  readonly impersonation = new Impersonation()
  readonly #modules: ControlsModules
  readonly #turns: Turns
  readonly #snapshots = new Snapshots()
  readonly #initialWishes: BlockWishes['current']
  readonly #initialFork: Fork | undefined
  #instanceId: Hash | undefined
  /** A revert that has been answered and not been done. */
  #promisedReturn: Return | undefined

  constructor(options: ControlledMinerOptions, modules: ControlsModules) {
    this.#modules = modules
    this.#initialFork = modules.forking.current
    this.clock = new ChainClock({ machineMs: modules.now })
    this.#startClock()
    this.wishes = modules.wishes
    this.#initialWishes = modules.wishes.current
    this.#turns = new Turns({ catchUp: () => this.#catchUp(), log: modules.log })
    this.miner = new ControlledMiner(options, { ...modules, clock: this.clock, turns: this.#turns })
    this.state = new ControlledState({
      ...modules,
      onChange: (undo) => {
        this.#snapshots.onChange(modules.chain.head().hash, undo)
        modules.txpool.refresh()
      },
      // A transaction in the pool may be dropped for a change that the next one takes back.
      canPutOff: () => this.#turns.isPuttingOff && this.fork === undefined && modules.txpool.isEmpty,
    })
  }

  /** Another one for each run of the node, and after each `reset`. */
  get instanceId(): Hash {
    // Drawn when somebody asks: cryptography takes 4 ms to load.
    this.#instanceId ??= newId()
    return this.#instanceId
  }

  /** Runs something when all that was asked for earlier is done. Rejects with what failed after its answer, which nobody was told. */
  async inTurn<T>(task: () => T | Promise<T>): Promise<T> {
    return await this.#turns.runFor(task)
  }

  /** The same for changes of the state, which may be answered before they are written. */
  puttingOff<T>(task: () => Promise<T>): Promise<T> {
    // They are upon the blocks that have been promised, or the one that is to be the head again.
    return this.#turns.putOff(() => (this.#hasPromised ? this.#catchUp().then(task) : task()))
  }

  /**
   * Has a block made of a transaction that the pool took, where blocks come by themselves and it can be mined now. Resolves when it is
   * there, or is to be made before anybody looks; on a forked chain always when it is there, for it may fail.
   */
  async settle(hash: Hash): Promise<void> {
    const { miner } = this
    if (miner.mode.kind !== 'auto') return
    if (this.fork === undefined) await this.#turns.putOffShortly(async () => miner.promiseWaiting())
    else {
      await this.#turns.run(async () => {
        // Who came before may have mined it along.
        if (this.#modules.txpool.has(hash)) await miner.mineWaiting()
      })
    }
  }

  /** For who looks at the chain without a turn: see `Turns.settled`. */
  settled(): Promise<void> | undefined {
    return this.#turns.settled()
  }

  /**
   * Makes so many blocks, so many seconds apart (0: as they are made), asking before each whether it is wanted. With `isAhead` it
   * resolves before they are there, and makes them all, where nothing can be wrong with them.
   */
  async mine(count: number, interval: bigint, isWanted: () => boolean, isAhead: boolean): Promise<void> {
    await this.#turns.putOff(async () => {
      const canPromise = isAhead && this.fork === undefined && this.#promisedReturn === undefined
      if (canPromise && this.miner.promise(count, interval)) return
      await this.#catchUp()
      await this.miner.mine(count, interval, isWanted)
    })
  }

  /** Nothing happens by itself any more. Waits for what was begun. */
  async close(): Promise<void> {
    this.miner.stop()
    await this.#turns.run(() => {})
  }

  /** Makes the pool follow what was wished of the next block. */
  wish(changes: Parameters<BlockWishes['add']>[0]): void {
    this.wishes.add(changes)
    this.#modules.txpool.refresh()
  }

  /** Takes these out of the pool. Returns how many that were. */
  drop(isUnwanted: (pooled: PooledTransaction) => boolean): number {
    return this.#modules.txpool.drop(isUnwanted)
  }

  /** Whether what the node does is written to its log. */
  setLogging(isOn: boolean): void {
    this.#modules.setLogging(isOn)
  }

  /** Returns the number of the snapshot. Throws ControlError `too-many-snapshots`. */
  snapshot(): number {
    return this.#snapshots.add(this.#moment())
  }

  /**
   * Brings back the chain as it was at that snapshot, which is used up. `false`: there is none. With `isAhead` it resolves before the
   * chain is back, where nothing can be wrong with it.
   */
  async revert(id: number, isAhead: boolean): Promise<boolean> {
    return await this.#turns.putOffShortly(async () => {
      await this.#catchUp()
      const back = this.#snapshots.take(id)
      if (back === undefined) return false
      if (isAhead && this.fork === undefined) this.#promisedReturn = back
      else await this.#return(back)
      return true
    })
  }

  /** Snapshots that can be reverted to, oldest first. */
  snapshots(): ReturnType<Snapshots['list']> {
    return this.#snapshots.list()
  }

  /**
   * Takes off so many blocks, and forgets their transactions. Throws ControlError `not-so-many-blocks`. What was changed on the
   * block that becomes the head stays.
   */
  async rollBack(depth: bigint): Promise<void> {
    const moment = this.#moment()
    await this.#rollBackTo(this.#ancestor(depth))
    this.#restorePool(moment)
  }

  /**
   * Puts as many other blocks in the place of the last ones, each later than all that were there.
   *
   * @param transactionsOf asked for those of each new block, by its index, when it is the next; others are in no block any more
   * @throws ControlError `not-so-many-blocks`, `not-minable`
   */
  async reorganise(depth: bigint, transactionsOf: (index: number) => Promise<readonly Transaction[]>): Promise<void> {
    const { timestamp } = this.#modules.chain.head().header
    await this.rollBack(depth)
    let missing = 0
    for (let index = 0; index < depth; index++) {
      const { header } = this.#modules.chain.head()
      // Else an empty block could be the very one that was there.
      if (index === 0 && this.clock.timestampAfter(header) <= timestamp) this.clock.setNext(timestamp + 1n, header)
      const wanted = await transactionsOf(index)
      missing += wanted.length - (await this.miner.mineBlock(wanted))
    }
    if (missing === 0) return
    throw new ControlError('not-minable', `${missing} of the transactions could not be in the blocks wanted`, {
      missing,
    })
  }

  /** What of this chain is another one's. */
  get fork(): Fork | undefined {
    return this.#modules.forking.current
  }

  /** Has another node asked for what the forked chain has. Rejects as `Forking.setUrl`. */
  async setForkUrl(url: string): Promise<void> {
    await this.#modules.forking.setUrl(url)
  }

  /**
   * Begins anew: the first block, no transaction, the time that it began with, nothing wished for.
   *
   * @param address of a block of another chain to begin upon; without it, as the node began
   * @throws StorageError `upstream-failed`, ControlError `no-fork`; then nothing has changed
   */
  async reset(address?: ForkAddress): Promise<void> {
    const { txpool, committer, chain, forking } = this.#modules
    const fork = address === undefined ? this.#initialFork : await forking.locate(address)
    if (fork === forking.current) {
      await this.#rollBackTo(this.#ancestor(chain.head().header.number - committer.firstNumber()))
      await this.state.apply(committer.changesOfFirst())
    } else {
      // Its senders are accounts of another state.
      txpool.replaceAll([])
      await chain.restart(() => forking.restart(fork))
    }
    this.#instanceId = undefined
    this.#snapshots.clear()
    this.#startClock()
    this.wishes.restore(this.#initialWishes)
    this.impersonation.clear()
    this.miner.reset()
    txpool.refresh()
    txpool.replaceAll([])
  }

  get #hasPromised(): boolean {
    return this.miner.hasPromised || this.#promisedReturn !== undefined
  }

  async #return({ moment, undo }: Return): Promise<void> {
    await this.#rollBackTo(moment.block)
    for (const diff of undo) await this.state.apply(diff)
    this.clock.restore(moment.clock)
    this.wishes.restore(moment.wishes)
    this.#restorePool(moment)
  }

  /** Does what has been put off: first a revert, then changes of the state, then blocks, as each has those before it done. */
  async #catchUp(): Promise<void> {
    const back = this.#promisedReturn
    this.#promisedReturn = undefined
    if (back !== undefined) await this.#return(back)
    await this.state.write()
    await this.miner.keepPromises()
  }

  /** At the machine's time, on a forked chain at that of its newest block: it goes on from there. */
  #startClock(): void {
    const { chain, forking } = this.#modules
    this.clock.reset()
    if (forking.current !== undefined) this.clock.set(chain.head().header.timestamp)
  }

  #moment(): Moment {
    const { chain, txpool } = this.#modules
    const { hash, header } = chain.head()
    return {
      block: hash,
      number: header.number,
      pool: txpool.transactions(),
      clock: this.clock.reading(),
      wishes: this.wishes.current,
    }
  }

  #ancestor(depth: bigint): Hash {
    const { chain, blocks } = this.#modules
    const { number } = chain.head().header
    const hash = depth > number ? undefined : blocks.canonicalHash(number - depth)
    if (hash !== undefined) return hash
    throw new ControlError('not-so-many-blocks', `the head is block ${number}: ${depth} blocks cannot be taken off`)
  }

  async #rollBackTo(hash: Hash): Promise<void> {
    const { chain } = this.#modules
    await chain.rollBackTo(hash)
    this.#snapshots.onRollback(chain.head().header.number)
  }

  /** Blocks that were rolled back have given their transactions back to it. */
  #restorePool({ pool }: Moment): void {
    const { txpool } = this.#modules
    txpool.refresh()
    txpool.replaceAll(pool)
  }
}

function newId(): Hash {
  return bytesToHash(randomBytes(32))
}

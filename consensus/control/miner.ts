import { setImmediate as nextTurn } from 'node:timers/promises'
import type { BlockBuilder, ParentContext } from '../../execution/block/executor.ts'
import type { Log } from '../../execution/parallel/log.ts'
import type { Block } from '../../primitives/block.ts'
import { headerHash } from '../../primitives/header.ts'
import type { Address, Hash } from '../../primitives/hex.ts'
import type { Receipt } from '../../primitives/receipt.ts'
import type { Transaction } from '../../primitives/transaction.ts'
import { completeBlock, type DraftOptions, draftBlock, fittingCandidates } from '../block-draft.ts'
import type { BlockProcessor } from '../block-processor.ts'
import type { Chain } from '../chain.ts'
import type { Engine } from '../engine.ts'
import type { TxPool } from '../txpool/pool.ts'
import type { BlockWishes } from './block-wishes.ts'
import type { ChainClock } from './clock.ts'
import type { Turns } from './turns.ts'

/** When blocks are made without being asked for. `auto`: as soon as there are transactions. */
export type MiningMode = { readonly kind: 'auto' | 'manual' } | { readonly kind: 'interval'; readonly seconds: number }

export interface ControlledMinerOptions extends Omit<DraftOptions, 'coinbase'> {
  /** As at first. Default `auto`. */
  readonly mode?: MiningMode | undefined
}

export interface ControlledMinerModules {
  readonly chain: Pick<Chain, 'head' | 'headContext' | 'importBlock'>
  readonly engine: Pick<Engine, 'earliestTimestamp' | 'prepare'>
  readonly txpool: Pick<TxPool, 'candidates' | 'isEmpty'>
  readonly builder: BlockBuilder
  readonly processor: Pick<BlockProcessor, 'finish'>
  readonly clock: ChainClock
  readonly wishes: BlockWishes
  /** Where everything that changes the chain waits for its turn. */
  readonly turns: Pick<Turns, 'run'>
  readonly log: Pick<Log, 'error'>
}

/** A block of tests holds all that is there for it, however long that takes within reason. */
const BUILD_TIME_MS = 60_000

/** Some seconds' work, which goes on when who asked for it has gone. */
const MAX_PROMISED_BLOCKS = 10_000

/** So long a node that is stopped goes on to make blocks that it has promised. */
const END_MS = 1_000

/** A longer timer would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** A block that is whole, and is not stored yet: nothing but the disk can keep it from becoming the head. */
export interface MadeBlock {
  readonly block: Block
  readonly hash: Hash
  readonly receipts: readonly Receipt[]
  /** Of each transaction. */
  readonly senders: readonly Address[]
}

interface BlockPromise {
  readonly count: number
  readonly interval: bigint
  /** By the machine's clock, seconds. */
  readonly madeAt: bigint
}

/** Makes blocks when the user of the chain says so, and as he wants them. A method is to be called in a turn unless it takes one. */
export class ControlledMiner {
  readonly #options: ControlledMinerOptions
  readonly #modules: ControlledMinerModules
  #mode: MiningMode = { kind: 'manual' }
  #timer: NodeJS.Timeout | undefined
  /** Blocks that were asked for are made until then. */
  #endMs = Number.POSITIVE_INFINITY
  #promises: readonly BlockPromise[] = []
  /** Whether blocks of what the pool has have been promised, after all others. */
  #promisesWaiting = false
  #made: MadeBlock | undefined

  constructor(options: ControlledMinerOptions, modules: ControlledMinerModules) {
    this.#options = options
    this.#modules = modules
    this.reset()
  }

  /** In the mode that it began with. */
  reset(): void {
    this.setMode(this.#options.mode ?? { kind: 'auto' })
  }

  get mode(): MiningMode {
    return this.#mode
  }

  setMode(mode: MiningMode): void {
    clearInterval(this.#timer)
    this.#mode = mode
    if (mode.kind === 'interval') this.#timer = this.#startTimer(mode.seconds)
  }

  /** The block that was promised to who sent its transactions, from when it is whole until it is stored. */
  get made(): MadeBlock | undefined {
    return this.#made
  }

  /** Whether blocks are to be made that have been promised. */
  get hasPromised(): boolean {
    return this.#promises.length > 0 || this.#promisesWaiting
  }

  /**
   * Has so many blocks made by `keepPromises`, as they would be made now. `false`: something may be wrong with them, or they are too
   * many, or not empty.
   */
  promise(count: number, interval: bigint): boolean {
    const { chain, clock, txpool } = this.#modules
    const promises = [...this.#promises, { count, interval, madeAt: clock.machine() }]
    const blocks = promises.reduce((sum, promise) => sum + promise.count, 0)
    const longest = promises.reduce((most, promise) => (promise.interval > most ? promise.interval : most), 0n)
    const hasTime = clock.hasTimeFor(blocks, longest, chain.head().header)
    if (!txpool.isEmpty || blocks > MAX_PROMISED_BLOCKS || !hasTime) return false
    this.#promises = promises
    return true
  }

  /** Has `keepPromises` make blocks of what the pool has, in `auto` mode. */
  promiseWaiting(): void {
    this.#promisesWaiting = true
  }

  /** Makes the blocks that have been promised, as if each promise was kept when it was made. */
  async keepPromises(): Promise<void> {
    const { clock } = this.#modules
    try {
      for (const { count, interval, madeAt } of this.#promises) {
        clock.goBy(madeAt)
        await this.mine(count, interval)
      }
      clock.goBy(undefined)
      if (this.#promisesWaiting) await this.mineWaiting()
    } finally {
      clock.goBy(undefined)
      this.#promises = []
      this.#promisesWaiting = false
    }
  }

  /**
   * Makes so many blocks, empty ones too.
   *
   * @param interval seconds between them; 0: as they are made
   * @param isWanted asked before each
   */
  async mine(count: number, interval = 0n, isWanted: () => boolean = () => true): Promise<void> {
    const { chain, clock } = this.#modules
    for (let made = 0; made < count && performance.now() < this.#endMs && isWanted(); made++) {
      const { header } = chain.head()
      if (made > 0 && interval > 0n) clock.setNext(header.timestamp + interval, header)
      await this.mineBlock()
    }
  }

  /** Makes a block of these transactions, or of what the pool has. Returns how many went into it. */
  async mineBlock(given?: readonly Transaction[]): Promise<number> {
    return await this.#make(given, { evenEmpty: true })
  }

  /** In `auto` mode: makes blocks until the pool has nothing that can be mined. */
  async mineWaiting(): Promise<void> {
    while (this.#mode.kind === 'auto' && (await this.#make(undefined, { evenEmpty: false })) > 0);
  }

  /** No block is made by itself any more, nor for long those that were asked for. */
  stop(): void {
    this.#endMs = performance.now() + END_MS
    this.setMode({ kind: 'manual' })
  }

  #startTimer(seconds: number): NodeJS.Timeout {
    let isRunning = false
    const mine = async (): Promise<void> => {
      if (isRunning) return
      isRunning = true
      try {
        await this.#modules.turns.run(async () => {
          if (this.#mode.kind === 'interval') await this.mineBlock()
        })
      } catch (error) {
        this.#modules.log.error({ err: error }, 'making a block failed')
      }
      isRunning = false
    }
    return setInterval(() => void mine(), Math.min(seconds * 1_000, LONGEST_TIMER_MS))
  }

  async #make(given: readonly Transaction[] | undefined, { evenEmpty }: { evenEmpty: boolean }): Promise<number> {
    const { chain, processor, clock, wishes } = this.#modules
    const parent = chain.headContext()
    const { draft, candidates } = this.#draft(parent, given)
    if (candidates.length === 0 && !evenEmpty) return 0
    const built = await this.#modules.builder.build(draft.template, candidates, parent, BUILD_TIME_MS)
    const { length } = built.transactions
    if (length === 0 && !evenEmpty) return 0
    const processed = await processor.finish(built.executed, parent.header)
    const block = completeBlock(draft, built, processed.stateRoot)
    // Before the pool hears of the block, and asks for the one after it.
    clock.onBlock(block.header)
    wishes.onBlock()
    try {
      if (this.#promisesWaiting) {
        const { receipts, senders } = processed.executed
        this.#made = { block, hash: headerHash(block.header), receipts, senders }
        // Who sent them asks for their receipts by now, and goes on while the block is stored.
        await nextTurn()
      }
      await chain.importBlock(block, { source: 'miner', processed })
    } finally {
      this.#made = undefined
    }
    return length
  }

  #draft(parent: ParentContext, given: readonly Transaction[] | undefined) {
    const { engine, txpool, clock, wishes } = this.#modules
    const { coinbase, gasLimit, next } = wishes.current
    const timestamp = clock.timestampAfter(parent.header)
    const ofBlock = { timestamp, ...(gasLimit === undefined ? {} : { gasLimit }), ...next }
    const draft = draftBlock(parent, 0, { ...this.#options, coinbase }, engine, ofBlock)
    if (draft === undefined) throw new Error('this engine lets nobody make a block')
    return { draft, candidates: fittingCandidates(draft, given ?? txpool.candidates(draft.baseFee, draft.blobBaseFee)) }
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { BlockBuilder, BuiltBlock, ParentContext } from '../execution/block/executor.ts'
import type { Log } from '../execution/parallel/log.ts'
import type { Block } from '../primitives/block.ts'
import type { Transaction } from '../primitives/transaction.ts'
import { unlessAborted } from './abort.ts'
import { type BlockDraft, completeBlock, type DraftOptions, draftBlock, fittingCandidates } from './block-draft.ts'
import type { BlockProcessor } from './block-processor.ts'
import type { Chain, ImportResult } from './chain.ts'
import type { Engine } from './engine.ts'

export interface ProducerOptions extends DraftOptions {
  /** How long candidates are executed for one block. Default: a third of the period, or 1 s without one. */
  readonly buildTimeMs?: number | undefined
}

export interface ProducerModules {
  readonly chain: Pick<Chain, 'head' | 'headContext' | 'importBlock' | 'on' | 'off'>
  readonly engine: Pick<Engine, 'earliestTimestamp' | 'prepare' | 'seal' | 'followsClock' | 'makesEmptyBlocks'>
  readonly txpool: CandidateSource
  readonly builder: BlockBuilder
  readonly processor: Pick<BlockProcessor, 'finish'>
  readonly log: Pick<Log, 'debug' | 'error'>
  /** Called with each block that was made and taken in. */
  readonly publish: (block: Block) => void
  /** Called with candidates that cannot be executed on the head. */
  readonly onRefused?: ((refused: readonly RefusedCandidate[]) => void) | undefined
  /** Milliseconds since 1970; the clock where absent. */
  readonly now?: (() => number) | undefined
}

/** Where the producer finds transactions. */
export interface CandidateSource {
  /** Those that a block with these base fees (wei) may hold, in the order in which to try them. */
  candidates(baseFee: bigint, blobBaseFee: bigint, maxCount?: number): readonly Transaction[]
  /** Called when there are more of them. */
  on(event: 'transaction', listener: () => void): unknown
  off(event: 'transaction', listener: () => void): unknown
}

export interface RefusedCandidate {
  readonly transaction: Transaction
  /** `TransactionErrorCode`. */
  readonly code: string
}

const DEFAULT_BUILD_TIME_MS = 1_000
/** After an unexpected failure, so that a failure that stays does not keep a core busy. */
const RETRY_MS = 1_000

/** Timers of more than 2^31 ms would fire at once; a clock that is set meanwhile is noticed sooner. */
const LONGEST_TIMER_MS = 60_000

/** Why an attempt at a block was given up. */
class Superseded extends Error {}

/**
 * The miner service: on every head it makes a block, seals it, and hands it to the chain like anybody else's. A new head
 * ends the attempt on the old one.
 */
export class Producer {
  readonly #options: ProducerOptions
  readonly #modules: ProducerModules
  readonly #buildTimeMs: number
  /** Ended by a new head, and by `stop`. */
  #attempt = new AbortController()
  #loop: Promise<void> | undefined
  #isStopping = false
  /** How often the pool said that there is more to mine. */
  #arrivals = 0
  #onArrival = (): void => {}

  constructor(options: ProducerOptions, modules: ProducerModules) {
    this.#options = options
    this.#modules = modules
    const periodMs = options.config.pavm.periodSeconds * 1_000
    this.#buildTimeMs = options.buildTimeMs ?? (periodMs > 0 ? periodMs / 3 : DEFAULT_BUILD_TIME_MS)
  }

  start(): void {
    if (this.#loop !== undefined) return
    this.#isStopping = false
    this.#modules.chain.on('head', this.#supersede)
    this.#modules.txpool.on('transaction', this.#countArrival)
    this.#loop = this.#produceUntilStopped()
  }

  /** Gives up the block being made. When it resolves, a block that was sealed already has been taken in. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#modules.chain.off('head', this.#supersede)
    this.#modules.txpool.off('transaction', this.#countArrival)
    this.#supersede()
    await this.#loop
    this.#loop = undefined
  }

  readonly #supersede = (): void => {
    this.#attempt.abort(new Superseded())
  }

  readonly #countArrival = (): void => {
    this.#arrivals++
    this.#onArrival()
  }

  async #produceUntilStopped(): Promise<void> {
    while (!this.#isStopping) {
      this.#attempt = new AbortController()
      const { signal } = this.#attempt
      try {
        await this.#produce(signal)
      } catch (error) {
        if (isSuperseded(error)) continue
        this.#modules.log.error({ err: error }, 'making a block failed')
        await sleep(RETRY_MS, undefined, { signal }).catch(() => {})
      }
    }
  }

  async #produce(signal: AbortSignal): Promise<void> {
    const { chain, engine, processor } = this.#modules
    const parent = chain.headContext()
    await this.#waitForSlot(parent, signal)
    const draft = await this.#draft(parent, signal)
    const arrivals = this.#arrivals
    const startedMs = performance.now()
    const built = await this.#build(draft, parent, signal)
    if (built.transactions.length === 0 && !engine.makesEmptyBlocks) return await this.#waitForArrival(arrivals, signal)
    const processed = await processor.finish(built.executed, parent.header)
    const unsealed = completeBlock(draft, built, processed.stateRoot)
    const builtMs = performance.now()
    const block = { ...unsealed, header: await engine.seal(unsealed.header, signal) }
    const sealedMs = performance.now()
    const result = await chain.importBlock(block, { source: 'miner', processed })
    this.#announce(block, result, { buildMs: builtMs - startedMs, sealMs: sealedMs - builtMs })
  }

  async #waitForSlot({ header }: ParentContext, signal: AbortSignal): Promise<void> {
    const { engine, now = Date.now } = this.#modules
    if (!engine.followsClock) return
    const slotMs = Number(engine.earliestTimestamp(header)) * 1_000
    while (now() < slotMs) await sleep(Math.min(slotMs - now(), LONGEST_TIMER_MS), undefined, { signal })
  }

  /** A draft that there is something for; waits for transactions, or for the next head when it is another's turn. */
  async #draft(parent: ParentContext, signal: AbortSignal): Promise<BlockDraft> {
    const { engine, txpool, now = Date.now } = this.#modules
    while (true) {
      const arrivals = this.#arrivals
      const draft = draftBlock(parent, now(), this.#options, engine)
      if (draft === undefined) return await unlessAborted(new Promise<never>(() => {}), signal)
      if (engine.makesEmptyBlocks || txpool.candidates(draft.baseFee, draft.blobBaseFee, 1).length > 0) return draft
      await this.#waitForArrival(arrivals, signal)
    }
  }

  /** Until there is something new since that count of arrivals. */
  async #waitForArrival(seen: number, signal: AbortSignal): Promise<void> {
    if (this.#arrivals !== seen) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#onArrival = resolve
    await unlessAborted(promise, signal)
  }

  async #build(draft: BlockDraft, parent: ParentContext, signal: AbortSignal): Promise<BuiltBlock> {
    const { builder, txpool, onRefused } = this.#modules
    const candidates = fittingCandidates(draft, txpool.candidates(draft.baseFee, draft.blobBaseFee))
    const built = await unlessAborted(builder.build(draft.template, candidates, parent, this.#buildTimeMs), signal)
    if (built.refused.length > 0) {
      onRefused?.(built.refused.map(({ candidate, code }) => ({ transaction: candidates[candidate]!, code })))
    }
    return built
  }

  #announce(block: Block, { hash, status }: ImportResult, times: { buildMs: number; sealMs: number }): void {
    const { log, publish } = this.#modules
    const { number, gasUsed } = block.header
    const { buildMs, sealMs } = times
    const details = { number, hash, status, transactions: block.transactions.length, gasUsed, buildMs, sealMs }
    log.debug(details, 'block made')
    publish(block)
  }
}

/** Timers wrap the reason of their signal. */
function isSuperseded(error: unknown): boolean {
  return error instanceof Superseded || (error instanceof Error && error.cause instanceof Superseded)
}

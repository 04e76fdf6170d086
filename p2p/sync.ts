import { isHeavier } from '../consensus/fork-choice.ts'
import type { Log } from '../execution/parallel/log.ts'
import type { Hash } from '../primitives/hex.ts'
import { findCommonAncestor } from './ancestor-search.ts'
import { type ImportOutcome, importBlock } from './block-import.ts'
import type { Status } from './messages.ts'
import type { NetworkBlocks, NetworkChain } from './modules.ts'
import { NetworkError } from './network-error.ts'
import type { NetworkLimits } from './options.ts'
import type { Peer, PeerBook } from './peer-book.ts'
import type { PeerRequests, ReceivedBlock } from './peer-requests.ts'
import type { PeerScores } from './peer-scores.ts'

export type SyncStatus =
  | { readonly syncing: false }
  | {
      readonly syncing: true
      readonly startingBlock: bigint
      readonly currentBlock: bigint
      readonly highestBlock: bigint
    }

interface Modules {
  readonly chain: NetworkChain
  readonly blocks: Pick<NetworkBlocks, 'canonicalHash'>
  readonly book: PeerBook
  readonly requests: Pick<PeerRequests, 'canonicalHashes' | 'blocksByRange'>
  readonly scores: Pick<PeerScores, 'penalise'>
  readonly stop: AbortSignal
  /** Blocks came from the peer, and nobody is ahead any more. */
  readonly onSynced: (peer: Peer) => void
  readonly log: Log
}

type ReadyPeer = Peer & { readonly status: Status }

/** A peer that failed rests: twice as long each time, up to the second. */
const MIN_REST_MS = 500
const MAX_REST_MS = 30_000
/** When too many blocks wait for import. */
const QUEUE_FULL_WAIT_MS = 100

/**
 * Follows the heaviest chain among the peers. One peer at a time: the place where our chains part, then its blocks from
 * there, range by range, the next one being fetched while one is imported. What fails is tried again with the next best
 * peer. The chain itself decides when what came is heavier than what we have.
 */
export class Sync {
  readonly #limits: Pick<NetworkLimits, 'maxBlocksPerRequest' | 'maxNumbersPerRequest' | 'gossipGraceMs'>
  readonly #modules: Modules
  #running: Promise<void> | undefined
  #isWoken = false
  #rest: NodeJS.Timeout | undefined
  #progress: { readonly startingBlock: bigint; readonly highestBlock: bigint } | undefined

  constructor(
    limits: Pick<NetworkLimits, 'maxBlocksPerRequest' | 'maxNumbersPerRequest' | 'gossipGraceMs'>,
    modules: Modules,
  ) {
    this.#limits = limits
    this.#modules = modules
  }

  /** Looks whether a peer is ahead; to be called when one may be. */
  wake(): void {
    this.#isWoken = true
    if (this.#modules.stop.aborted) return
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
    })
  }

  status(): SyncStatus {
    const currentBlock = this.#modules.chain.head().header.number
    // One block behind is what every node is now and then.
    if (this.#progress === undefined || this.#progress.highestBlock <= currentBlock + 1n) return { syncing: false }
    return { syncing: true, currentBlock, ...this.#progress }
  }

  /** Resolves when nothing runs any more; the stop signal has been given before. */
  async stopped(): Promise<void> {
    clearTimeout(this.#rest)
    await this.#running
  }

  async #run(): Promise<void> {
    while (this.#isWoken && !this.#modules.stop.aborted) {
      this.#isWoken = false
      for (let peer = this.#best(); peer !== undefined && !this.#modules.stop.aborted; peer = this.#best()) {
        if (await this.#gossipCatchesUp(peer)) continue
        await this.#syncFrom(peer)
      }
      this.#progress = undefined
    }
  }

  /** The peer with the heaviest chain, if it is heavier than ours; one that rests does not count. */
  #best(): ReadyPeer | undefined {
    const { hash, header, totalDifficulty } = this.#modules.chain.head()
    let best = { hash, number: header.number, totalDifficulty }
    let bestPeer: ReadyPeer | undefined
    const now = Date.now()
    for (const peer of this.#modules.book.ready()) {
      const claim = branchOf(peer.status)
      if (peer.restsUntilMs > now || !isHeavier(claim, best)) continue
      best = claim
      bestPeer = peer
    }
    return bestPeer
  }

  /** A peer that is one block ahead has most likely sent it already: asking would make everybody send it twice. */
  async #gossipCatchesUp(peer: ReadyPeer): Promise<boolean> {
    const claim = branchOf(peer.status)
    const isNear = claim.number <= this.#modules.chain.head().header.number + 1n
    if (!isNear || this.#progress !== undefined) return false
    await this.#wait(this.#limits.gossipGraceMs)
    return !isHeavier(claim, this.#ourBranch())
  }

  async #syncFrom(peer: ReadyPeer): Promise<void> {
    const claim = branchOf(peer.status)
    const start = this.#modules.chain.head().header.number
    this.#progress = { startingBlock: this.#progress?.startingBlock ?? start, highestBlock: claim.number }
    try {
      const ancestor = await this.#commonAncestor(peer, start)
      this.#modules.log.debug({ peer: peer.id, from: ancestor + 1n, to: claim.number }, 'syncing')
      await this.#fetchFrom(peer, ancestor)
      if (isHeavier(claim, this.#ourBranch())) {
        this.#modules.scores.penalise(peer.id, 'unkept-claim')
        throw new NetworkError('bad-response', 'the peer does not have the chain it claims')
      }
      peer.failures = 0
      if (this.#best() === undefined) this.#modules.onSynced(peer)
    } catch (error) {
      if (this.#modules.stop.aborted) return
      this.#giveRest(peer)
      const level = error instanceof NetworkError ? 'debug' : 'warn'
      this.#modules.log[level]({ peer: peer.id, err: error }, 'sync from a peer failed')
    }
  }

  async #commonAncestor(peer: Peer, ourHead: bigint): Promise<bigint> {
    const ancestor = await findCommonAncestor(
      ourHead,
      {
        ourHash: (number) => this.#modules.blocks.canonicalHash(number),
        theirHashes: (numbers) => this.#modules.requests.canonicalHashes(peer, numbers),
      },
      this.#limits.maxNumbersPerRequest,
    )
    if (ancestor !== undefined) return ancestor
    this.#modules.scores.penalise(peer.id, 'unkept-claim')
    throw new NetworkError('bad-response', 'the peer has not even our genesis')
  }

  async #fetchFrom(peer: Peer, ancestor: bigint): Promise<void> {
    let parent = this.#modules.blocks.canonicalHash(ancestor)
    let from = ancestor + 1n
    let next = this.#range(peer, from)
    for (;;) {
      const blocks = await next
      const last = blocks.at(-1)
      if (last === undefined) return
      if (blocks[0]!.block.header.parentHash !== parent) {
        throw new NetworkError('bad-response', 'the chain of the peer has changed meanwhile')
      }
      parent = last.hash
      from += BigInt(blocks.length)
      next = this.#range(peer, from)
      // If an import throws, nobody waits for the range that is under way.
      next.catch(() => {})
      for (const received of blocks) await this.#import(peer, received)
    }
  }

  #range(peer: Peer, from: bigint): Promise<ReceivedBlock[]> {
    return this.#modules.requests.blocksByRange(peer, { from, count: BigInt(this.#limits.maxBlocksPerRequest) })
  }

  async #import(peer: Peer, { block, hash }: ReceivedBlock): Promise<void> {
    const outcome = await this.#importWhenRoom(block)
    if (outcome.kind === 'new' || outcome.kind === 'known') return
    if (outcome.kind === 'invalid') {
      this.#modules.scores.penalise(peer.id, 'invalid-block')
      const { code, details } = outcome.error
      this.#modules.log.warn({ peer: peer.id, number: block.header.number, hash, code, details }, 'invalid block')
    }
    throw new NetworkError('bad-response', `a block was not taken: ${outcome.kind}`, { hash })
  }

  async #importWhenRoom(block: ReceivedBlock['block']): Promise<ImportOutcome> {
    for (;;) {
      this.#modules.stop.throwIfAborted()
      const outcome = await importBlock(this.#modules.chain, block)
      if (outcome.kind !== 'later' || outcome.error.code !== 'queue-full') return outcome
      await this.#wait(QUEUE_FULL_WAIT_MS)
    }
  }

  #giveRest(peer: Peer): void {
    const restMs = Math.min(MIN_REST_MS * 2 ** peer.failures, MAX_REST_MS)
    peer.failures++
    peer.restsUntilMs = Date.now() + restMs
    clearTimeout(this.#rest)
    this.#rest = setTimeout(() => this.wake(), restMs + 1)
  }

  #ourBranch(): { readonly hash: Hash; readonly number: bigint; readonly totalDifficulty: bigint } {
    const { hash, header, totalDifficulty } = this.#modules.chain.head()
    return { hash, number: header.number, totalDifficulty }
  }

  async #wait(delayMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, delayMs)
    const onStop = () => resolve()
    this.#modules.stop.addEventListener('abort', onStop)
    await promise
    this.#modules.stop.removeEventListener('abort', onStop)
    clearTimeout(timer)
  }
}

function branchOf({ headHash, headNumber, totalDifficulty }: Status) {
  return { hash: headHash, number: headNumber, totalDifficulty }
}

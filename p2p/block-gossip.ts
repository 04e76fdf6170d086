import type { Log } from '../execution/parallel/log.ts'
import { type Block, decodeBlock, encodeBlock } from '../primitives/block.ts'
import { DecodeError } from '../primitives/errors.ts'
import { headerHash } from '../primitives/header.ts'
import type { Hash } from '../primitives/hex.ts'
import { AncestorImport } from './ancestor-import.ts'
import type { ImportOutcome } from './block-import.ts'
import type { Gossip, Verdict } from './gossip.ts'
import { type BlockAnnouncement, blockGossipMessage } from './messages.ts'
import type { NetworkBlocks, NetworkChain } from './modules.ts'
import { NetworkError } from './network-error.ts'
import type { NetworkLimits } from './options.ts'
import type { PeerBook } from './peer-book.ts'
import type { PeerRequests } from './peer-requests.ts'
import type { PeerScores } from './peer-scores.ts'

interface Options {
  readonly topic: string
  readonly announceAboveBytes: number
  readonly limits: Pick<NetworkLimits, 'maxGossipBytes' | 'maxAncestors' | 'maxPulls'>
}

interface Modules {
  readonly gossip: Pick<Gossip, 'publish' | 'subscribe'>
  readonly chain: NetworkChain
  readonly blocks: Pick<NetworkBlocks, 'hasBlock' | 'totalDifficulty'>
  readonly book: PeerBook
  readonly requests: Pick<PeerRequests, 'blocksByHash'>
  readonly scores: Pick<PeerScores, 'penalise'>
  /** A peer has a block whose ancestors we lack. */
  readonly onBehind: (peer: string) => void
  readonly log: Log
}

/**
 * New blocks: small ones whole, large ones as an announcement that is answered by pulling the block from whoever sent it.
 *
 * A block is passed on after it has been imported, not before: what a node passes on it has checked to the last claim, so
 * a rejected block is proof against the peer that sent it, and a lie does not travel further than one hop. That costs the
 * time of an import per hop; the producer sends to all its peers at once, so that mostly there is one hop.
 */
export class BlockGossip {
  readonly #options: Options
  readonly #modules: Modules
  readonly #ancestors: AncestorImport
  /** Blocks being pulled or imported: a second peer that sends one waits for the same outcome. */
  readonly #underWay = new Map<Hash, Promise<Verdict>>()
  #pulls = 0

  constructor(options: Options, modules: Modules) {
    this.#options = options
    this.#modules = modules
    this.#ancestors = new AncestorImport(options.limits, modules)
    modules.gossip.subscribe(options.topic, (data, source) => this.#validate(data, source))
  }

  /** Sends a block that this node has made and imported. */
  async publish(block: Block): Promise<void> {
    const encoded = encodeBlock(block)
    const { topic, announceAboveBytes, limits } = this.#options
    const isSmall = encoded.length < Math.min(announceAboveBytes, limits.maxGossipBytes)
    const message = blockGossipMessage.encode(
      isSmall ? { kind: 'block', block: encoded } : { kind: 'announcement', announcement: this.#announcement(block) },
    )
    await this.#modules.gossip.publish(topic, message)
  }

  #announcement({ header }: Block): BlockAnnouncement {
    const hash = headerHash(header)
    const totalDifficulty = this.#modules.blocks.totalDifficulty(hash)
    if (totalDifficulty === undefined) throw new Error(`block ${hash} is published before it is stored`)
    return { hash, number: header.number, totalDifficulty }
  }

  async #validate(data: Uint8Array, source: string): Promise<Verdict> {
    try {
      const gossip = blockGossipMessage.decode(data)
      if (gossip.kind === 'announcement') return await this.#onAnnouncement(gossip.announcement, source)
      const block = decodeBlock(gossip.block)
      return await this.#once(headerHash(block.header), () => this.#import(block, source))
    } catch (error) {
      if (error instanceof DecodeError) return 'reject'
      throw error
    }
  }

  async #onAnnouncement(announcement: BlockAnnouncement, source: string): Promise<Verdict> {
    return await this.#once(announcement.hash, async () => {
      const block = await this.#pull(announcement, source)
      if (block === undefined) return 'ignore'
      if (block.header.number !== announcement.number) return 'reject'
      const verdict = await this.#import(block, source)
      const isTrue = this.#modules.blocks.totalDifficulty(announcement.hash) === announcement.totalDifficulty
      return verdict === 'accept' && !isTrue ? 'reject' : verdict
    })
  }

  async #once(hash: Hash, judge: () => Promise<Verdict>): Promise<Verdict> {
    if (this.#modules.blocks.hasBlock(hash)) return 'ignore'
    const known = this.#underWay.get(hash)
    if (known !== undefined) return await known
    const verdict = judge()
    this.#underWay.set(hash, verdict)
    try {
      return await verdict
    } finally {
      this.#underWay.delete(hash)
    }
  }

  /** `undefined` when the source did not give what it announced. */
  async #pull({ hash }: BlockAnnouncement, source: string): Promise<Block | undefined> {
    const peer = this.#modules.book.get(source)
    if (peer === undefined || this.#pulls >= this.#options.limits.maxPulls) return undefined
    this.#pulls++
    try {
      const [received] = await this.#modules.requests.blocksByHash(peer, [hash])
      if (received === undefined) this.#modules.scores.penalise(source, 'unkept-claim')
      return received?.block
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error
      this.#modules.log.debug({ peer: source, code: error.code, hash }, 'announced block not pulled')
      this.#modules.onBehind(source)
      return undefined
    } finally {
      this.#pulls--
    }
  }

  async #import(block: Block, source: string): Promise<Verdict> {
    const outcome = await this.#ancestors.import(block, source)
    if (outcome.kind === 'unknown-parent') this.#modules.onBehind(source)
    if (outcome.kind === 'invalid') this.#logInvalid(block, outcome, source)
    return VERDICTS[outcome.kind]
  }

  #logInvalid(block: Block, { error }: ImportOutcome & { kind: 'invalid' | 'later' }, source: string): void {
    const { code, details } = error
    const number = block.header.number
    this.#modules.log.warn({ number, hash: headerHash(block.header), code, details, peer: source }, 'invalid block')
  }
}

/** A block that cannot be judged yet is not passed on and costs nobody anything. */
const VERDICTS: Readonly<Record<ImportOutcome['kind'], Verdict>> = {
  new: 'accept',
  known: 'ignore',
  'unknown-parent': 'ignore',
  later: 'ignore',
  invalid: 'reject',
}

import type { Connection, PeerId } from '@libp2p/interface'
import type { Log } from '../execution/parallel/log.ts'
import { CUT_OFF_SCORE } from './gossip-options.ts'
import { type Status, statusMessage } from './messages.ts'
import type { NetworkChain } from './modules.ts'
import { NetworkError } from './network-error.ts'
import type { NetworkLimits } from './options.ts'
import type { Peer, PeerBook } from './peer-book.ts'
import type { PeerRequests } from './peer-requests.ts'
import type { PeerScores } from './peer-scores.ts'
import { type ChainIdentity, PROTOCOL_VERSION } from './protocol-names.ts'
import type { Refusals } from './refusals.ts'

interface Options {
  readonly identity: ChainIdentity
  readonly maxPeers: number
  readonly limits: Pick<NetworkLimits, 'statusIntervalMs'>
}

interface Modules {
  readonly host: {
    getConnections(peer: PeerId): Connection[]
    hangUp(peer: PeerId, options: { readonly signal: AbortSignal }): Promise<void>
  }
  readonly pubsub: { getScore(peer: string): number; getPeers(): PeerId[] }
  readonly chain: Pick<NetworkChain, 'head'>
  readonly book: PeerBook
  readonly scores: PeerScores
  readonly refusals: Refusals
  readonly requests: Pick<PeerRequests, 'status'>
  /** The handshake with the peer is done. */
  readonly onReady: (peer: Peer) => void
  /** A peer has told its head. */
  readonly onStatus: () => void
  readonly log: Log
}

const TICK_MS = 1_000
/** How long gossipsub may take to open its streams before a peer counts as mute. */
const GOSSIP_START_MS = 15_000
const MIN_ASK_INTERVAL_MS = 200
/** Time for the answer to reach a peer that is told to go. */
const FAREWELL_MS = 200
const HANG_UP_TIMEOUT_MS = 1_000

/** Greets peers, keeps what they say of themselves fresh, and parts from those that are of no use or do harm. */
export class PeerManager {
  readonly #options: Options
  readonly #modules: Modules
  readonly #asked = new Map<string, number>()
  readonly #farewells = new Set<NodeJS.Timeout>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: Options, modules: Modules) {
    this.#options = options
    this.#modules = modules
  }

  start(): void {
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
    for (const farewell of this.#farewells) clearTimeout(farewell)
  }

  onConnect(peerId: PeerId): void {
    const connection = this.#modules.host.getConnections(peerId)[0]
    if (connection !== undefined) void this.ask(this.#modules.book.add(connection))
  }

  onDisconnect(peerId: PeerId): void {
    this.#asked.delete(peerId.toString())
    this.#modules.book.remove(peerId.toString())
  }

  ownStatus(): Status {
    const { header, hash, totalDifficulty } = this.#modules.chain.head()
    const { chainId, genesisHash } = this.#options.identity
    const headNumber = header.number
    return { version: PROTOCOL_VERSION, chainId, genesisHash, headHash: hash, headNumber, totalDifficulty }
  }

  /** Answers a peer's status with our own. Throws DecodeError. */
  *serveStatus(request: Uint8Array, peer: Peer): Generator<Uint8Array> {
    const status = statusMessage.decode(request)
    this.#take(peer, status)
    yield statusMessage.encode(this.ownStatus())
  }

  /** Asks a peer for its status. */
  async ask(peer: Peer): Promise<void> {
    this.#asked.set(peer.id, Date.now())
    try {
      this.#take(peer, await this.#modules.requests.status(peer, this.ownStatus()))
    } catch (error) {
      const level = error instanceof NetworkError ? 'debug' : 'error'
      this.#modules.log[level]({ peer: peer.id, err: error }, 'no status from a peer')
      if (peer.status === undefined) this.#hangUpSoon(peer)
    }
  }

  /** Asks a peer that seems to have more than we know of, unless it was asked just now. */
  askSoon(peer: Peer): void {
    if (Date.now() - (this.#asked.get(peer.id) ?? 0) >= MIN_ASK_INTERVAL_MS) void this.ask(peer)
  }

  #take(peer: Peer, status: Status): void {
    const mismatch = this.#mismatch(status)
    if (mismatch !== undefined) {
      // Both sides ask, so that it may be found out twice.
      if (this.#modules.refusals.has(peer.id)) return
      const refusedMs = this.#modules.refusals.refuse(peer.id)
      this.#modules.log.info({ peer: peer.id, mismatch, refusedMs }, 'peer refused: not of this chain')
      this.#hangUpSoon(peer)
      return
    }
    const isFirst = peer.status === undefined
    peer.status = status
    if (isFirst && this.#modules.book.ready().length > this.#options.maxPeers && peer.direction === 'inbound') {
      peer.status = undefined
      this.#hangUpSoon(peer)
      return
    }
    if (isFirst) this.#modules.onReady(peer)
    this.#modules.onStatus()
  }

  #mismatch(status: Status): string | undefined {
    const { chainId, genesisHash } = this.#options.identity
    if (status.version !== PROTOCOL_VERSION) return 'version'
    if (status.chainId !== chainId) return 'chainId'
    return status.genesisHash === genesisHash ? undefined : 'genesisHash'
  }

  #tick(): void {
    const gossiping = new Set(this.#modules.pubsub.getPeers().map(String))
    const now = Date.now()
    for (const peer of this.#modules.book.all()) {
      if (this.#modules.host.getConnections(peer.peerId).length === 0) this.onDisconnect(peer.peerId)
      else if (this.score(peer.id) <= CUT_OFF_SCORE) this.#cutOff(peer)
      else if (this.#isMute(peer, gossiping, now)) this.#hangUpSoon(peer)
      else if (now - (this.#asked.get(peer.id) ?? 0) >= this.#options.limits.statusIntervalMs) void this.ask(peer)
    }
  }

  /** 0 is where a peer begins; at `CUT_OFF_SCORE` it is cut off. */
  score(id: string): number {
    // gossipsub's has ours in it, but only for peers that gossip, and it is up to a second old.
    return Math.min(this.#modules.pubsub.getScore(id), this.#modules.scores.score(id))
  }

  /**
   * Whether no gossip can come from the peer: gossipsub drops a peer whose stream broke, for instance after a frame over
   * the limit, and would not listen to it again on this connection.
   */
  #isMute(peer: Peer, gossiping: ReadonlySet<string>, now: number): boolean {
    if (gossiping.has(peer.id)) return false
    if (peer.hasGossiped) this.#modules.scores.penalise(peer.id, 'gossip-broken')
    return peer.hasGossiped || now - peer.connectedAtMs > GOSSIP_START_MS
  }

  #cutOff(peer: Peer): void {
    const score = this.score(peer.id)
    const refusedMs = this.#modules.refusals.refuse(peer.id)
    this.#modules.scores.forget(peer.id)
    this.#modules.log.warn({ peer: peer.id, score, refusedMs }, 'peer cut off')
    this.#hangUpSoon(peer)
  }

  #hangUpSoon(peer: Peer): void {
    // Not asked for anything any more.
    peer.status = undefined
    const farewell = setTimeout(() => {
      this.#farewells.delete(farewell)
      const signal = AbortSignal.timeout(HANG_UP_TIMEOUT_MS)
      this.#modules.host.hangUp(peer.peerId, { signal }).catch((error: unknown) => {
        this.#modules.log.debug({ peer: peer.id, err: error }, 'hanging up failed')
      })
    }, FAREWELL_MS)
    this.#farewells.add(farewell)
  }
}

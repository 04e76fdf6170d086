import type { Connection, PeerId } from '@libp2p/interface'
import type { Status } from './messages.ts'
import type { NetworkLimits } from './options.ts'
import { TokenBucket } from './token-bucket.ts'

/** A connected node. */
export interface Peer {
  readonly id: string
  readonly peerId: PeerId
  readonly direction: Connection['direction']
  /** Multiaddr of the other end. */
  readonly address: string
  readonly connectedAtMs: number
  readonly requests: TokenBucket
  readonly gossipMessages: TokenBucket
  readonly gossipBytes: TokenBucket
  /** What it last said of itself; `undefined` until the handshake is done. */
  status: Status | undefined
  /** It has sent something over gossip: its stream works. */
  hasGossiped: boolean
  /** Failures in a row when syncing from it, and until when it is left alone. */
  failures: number
  restsUntilMs: number
}

type RateLimits = Pick<
  NetworkLimits,
  | 'requestsPerSecond'
  | 'requestBurst'
  | 'gossipMessagesPerSecond'
  | 'gossipBurstMessages'
  | 'gossipBytesPerSecond'
  | 'gossipBurstBytes'
>

/** The connected nodes by their id. */
export class PeerBook {
  readonly #limits: RateLimits
  readonly #peers = new Map<string, Peer>()

  constructor(limits: RateLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#peers.size
  }

  add(connection: Pick<Connection, 'remotePeer' | 'remoteAddr' | 'direction'>): Peer {
    const id = connection.remotePeer.toString()
    const known = this.#peers.get(id)
    if (known !== undefined) return known
    const limits = this.#limits
    const peer: Peer = {
      id,
      peerId: connection.remotePeer,
      direction: connection.direction,
      address: connection.remoteAddr.toString(),
      connectedAtMs: Date.now(),
      requests: new TokenBucket(limits.requestsPerSecond, limits.requestBurst),
      gossipMessages: new TokenBucket(limits.gossipMessagesPerSecond, limits.gossipBurstMessages),
      gossipBytes: new TokenBucket(limits.gossipBytesPerSecond, limits.gossipBurstBytes),
      status: undefined,
      hasGossiped: false,
      failures: 0,
      restsUntilMs: 0,
    }
    this.#peers.set(id, peer)
    return peer
  }

  remove(id: string): void {
    this.#peers.delete(id)
  }

  get(id: string): Peer | undefined {
    return this.#peers.get(id)
  }

  all(): Peer[] {
    return [...this.#peers.values()]
  }

  /** Those on our chain. */
  ready(): (Peer & { status: Status })[] {
    return this.all().filter((peer): peer is Peer & { status: Status } => peer.status !== undefined)
  }
}

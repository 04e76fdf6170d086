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
  readonly gossipBytes: TokenBucket
  /** What it last said of itself; `undefined` until the handshake is done. */
  status: Status | undefined
  /** It has been seen among gossipsub's peers. */
  hasGossiped: boolean
  /** Failures in a row when syncing from it, and until when it is left alone. */
  failures: number
  restsUntilMs: number
}

type RateLimits = Pick<
  NetworkLimits,
  'requestsPerSecond' | 'requestBurst' | 'gossipBytesPerSecond' | 'gossipBurstBytes'
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
    const peer: Peer = {
      id,
      peerId: connection.remotePeer,
      direction: connection.direction,
      address: connection.remoteAddr.toString(),
      connectedAtMs: Date.now(),
      requests: new TokenBucket(this.#limits.requestsPerSecond, this.#limits.requestBurst),
      gossipBytes: new TokenBucket(this.#limits.gossipBytesPerSecond, this.#limits.gossipBurstBytes),
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

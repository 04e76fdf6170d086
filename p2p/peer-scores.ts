/**
 * What a peer can do wrong outside of gossip, and what it costs. At -100 it is cut off. Gossip that is rejected is counted
 * by gossipsub (`gossip-host.ts`); both add up there.
 */
export const OFFENCES = {
  /** A request or an answer that no correct node sends. */
  malformed: 40,
  /** An answer longer than asked for. */
  oversized: 50,
  /** It sent, on our request, a block that is invalid. */
  'invalid-block': 60,
  /** It handed over a transaction that can never be valid. */
  'invalid-transaction': 20,
  /** It said that it has a block or a chain, and did not give it. */
  'unkept-claim': 25,
  /** Its gossip stream broke, as it does after a message that is too large. */
  'gossip-broken': 35,
  /** No answer in time: mostly an overloaded machine. */
  timeout: 4,
  /** More than the rate limits allow. */
  flooding: 5,
} as const

export type Offence = keyof typeof OFFENCES

/** A score that is halved every five minutes: an honest peer that stumbles now and then stays. */
const HALF_LIFE_MS = 5 * 60_000
/** Peers remembered; the oldest entry goes first. */
const MAX_PEERS = 4096

interface Entry {
  points: number
  updatedMs: number
}

/** Points of peers by their id, whether or not they are connected. */
export class PeerScores {
  readonly #entries = new Map<string, Entry>()
  readonly #now: () => number

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /** 0 or less. */
  score(peer: string): number {
    const entry = this.#entries.get(peer)
    return entry === undefined ? 0 : -this.#decayed(entry)
  }

  penalise(peer: string, offence: Offence): void {
    const entry = this.#entries.get(peer)
    const points = (entry === undefined ? 0 : this.#decayed(entry)) + OFFENCES[offence]
    this.#entries.delete(peer)
    this.#entries.set(peer, { points, updatedMs: this.#now() })
    if (this.#entries.size > MAX_PEERS) this.#entries.delete(this.#entries.keys().next().value!)
  }

  /** After the peer was cut off: it starts anew when it is let in again. */
  forget(peer: string): void {
    this.#entries.delete(peer)
  }

  #decayed({ points, updatedMs }: Entry): number {
    return points * 2 ** (-(this.#now() - updatedMs) / HALF_LIFE_MS)
  }
}

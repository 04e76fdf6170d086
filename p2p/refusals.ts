interface Refusal {
  readonly untilMs: number
  /** How long the last one was. */
  readonly durationMs: number
}

/** Peers remembered; the oldest entry goes first. */
const MAX_PEERS = 4096

/** Peers that are not let in for a while, longer each time. */
export class Refusals {
  readonly #refusals = new Map<string, Refusal>()
  readonly #minMs: number
  readonly #maxMs: number
  readonly #now: () => number

  constructor(
    { refusalMinMs, refusalMaxMs }: { readonly refusalMinMs: number; readonly refusalMaxMs: number },
    now: () => number = Date.now,
  ) {
    this.#minMs = refusalMinMs
    this.#maxMs = refusalMaxMs
    this.#now = now
  }

  has(peer: string): boolean {
    const refusal = this.#refusals.get(peer)
    return refusal !== undefined && refusal.untilMs > this.#now()
  }

  /** Refuses the peer and returns for how many milliseconds. */
  refuse(peer: string): number {
    const last = this.#refusals.get(peer)?.durationMs
    const durationMs = last === undefined ? this.#minMs : Math.min(last * 2, this.#maxMs)
    this.#refusals.delete(peer)
    this.#refusals.set(peer, { untilMs: this.#now() + durationMs, durationMs })
    if (this.#refusals.size > MAX_PEERS) this.#refusals.delete(this.#refusals.keys().next().value!)
    return durationMs
  }
}

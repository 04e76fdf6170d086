/** A rate limit: so much per second on average, and up to `burst` at once. */
export class TokenBucket {
  readonly #perSecond: number
  readonly #burst: number
  readonly #now: () => number
  #tokens: number
  #updatedMs: number

  constructor(perSecond: number, burst: number, now: () => number = Date.now) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#now = now
    this.#tokens = burst
    this.#updatedMs = now()
  }

  /** Takes `count` tokens, or none and returns `false` when there are fewer. */
  take(count: number): boolean {
    const now = this.#now()
    const gained = ((now - this.#updatedMs) / 1000) * this.#perSecond
    this.#tokens = Math.min(this.#burst, this.#tokens + Math.max(0, gained))
    this.#updatedMs = now
    if (this.#tokens < count) return false
    this.#tokens -= count
    return true
  }
}

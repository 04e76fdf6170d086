/**
 * Words by key that a frame and its sub-threads leave for one another: like transient storage, but of this call alone. What a
 * thread writes is seen by those that take effect after it, and by nobody if it reverts.
 */
export class ThreadData {
  readonly #below: ThreadData | undefined
  readonly #words = new Map<bigint, bigint>()

  /** `below`: what a thread finds there when it begins. */
  constructor(below?: ThreadData) {
    this.#below = below
  }

  /** 0n for a word that was never written. */
  read(key: bigint): bigint {
    for (let data: ThreadData | undefined = this; data !== undefined; data = data.#below) {
      const word = data.#words.get(key)
      if (word !== undefined) return word
    }
    return 0n
  }

  write(key: bigint, word: bigint): void {
    this.#words.set(key, word)
  }

  /** The thread that wrote this has returned. */
  commit(): void {
    for (const [key, word] of this.#words) this.#below?.write(key, word)
  }
}

/** What happened, in order, each entry at a position that never changes. Only the newest are kept. */
export class Journal<Entry> {
  readonly #kept: number
  #entries: Entry[] = []
  #start = 0

  /** So many entries are kept at least, twice as many at most. */
  constructor(options: { readonly kept: number }) {
    this.#kept = options.kept
  }

  /** Position of the oldest that is kept. */
  get start(): number {
    return this.#start
  }

  /** Position of the next one. */
  get end(): number {
    return this.#start + this.#entries.length
  }

  push(entry: Entry): void {
    this.#entries.push(entry)
    // In one piece, now and then: shifting costs as much as there are.
    const over = this.#entries.length - this.#kept
    if (over < this.#kept) return
    this.#entries = this.#entries.slice(over)
    this.#start += over
  }

  /** `undefined`: it is not kept any more, or has not happened. */
  at(position: number): Entry | undefined {
    return this.#entries[position - this.#start]
  }
}

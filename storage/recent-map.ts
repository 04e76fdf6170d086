/** Remembers the most recently used values, a fixed number of them. */
export class RecentMap<Key, Value> {
  readonly #maxEntries: number
  /** Oldest use first: a Map keeps the order of insertion. */
  readonly #entries = new Map<Key, Value>()

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries
  }

  /** The remembered value, else what `load` gives; `undefined` is not remembered. */
  get(key: Key, load: () => Value | undefined): Value | undefined {
    const value = this.#entries.get(key) ?? load()
    if (value === undefined) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size > this.#maxEntries) this.#entries.delete(this.#entries.keys().next().value as Key)
    return value
  }
}

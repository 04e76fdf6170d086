/** A set that keeps the newest `capacity` values. */
export class RecentSet<T> {
  readonly #capacity: number
  readonly #values = new Set<T>()

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** `false` when the value was in it already. */
  add(value: T): boolean {
    if (this.#values.has(value)) return false
    this.#values.add(value)
    if (this.#values.size > this.#capacity) this.#values.delete(this.#values.values().next().value as T)
    return true
  }

  has(value: T): boolean {
    return this.#values.has(value)
  }
}

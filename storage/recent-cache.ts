/**
 * Remembers what was used lately, up to a total weight. Two generations: what is used moves to the young one, and when
 * that holds half the weight, the old one is dropped and the young one takes its place. So nothing is moved or counted
 * for each entry dropped (evicting one by one from a Map in order of use took a tenth of the time of a root update).
 */
export class RecentCache<Key, Value> {
  readonly #maxWeight: number
  #young = new Map<Key, Value>()
  #old = new Map<Key, Value>()
  #youngWeight = 0
  readonly #weigh: (value: Value) => number

  /** Without `weigh`, the weight of each value is 1. */
  constructor(options: { readonly maxWeight: number }, modules: { readonly weigh?: (value: Value) => number } = {}) {
    this.#maxWeight = options.maxWeight
    this.#weigh = modules.weigh ?? (() => 1)
  }

  /** The remembered value, else what `load` gives; `undefined` is not remembered. */
  get(key: Key, load: () => Value | undefined): Value | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const value = this.#old.get(key) ?? load()
    if (value === undefined) return undefined
    this.#youngWeight += this.#weigh(value)
    if (this.#youngWeight * 2 > this.#maxWeight) {
      this.#old = this.#young
      this.#young = new Map()
      this.#youngWeight = this.#weigh(value)
    }
    this.#young.set(key, value)
    return value
  }
}

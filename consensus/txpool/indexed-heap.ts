/**
 * A binary heap that knows where each item stands, so that one whose rank has changed can be moved or taken out in
 * O(log n). Items are compared by what they are now: `place` each one that changed before the next one changes.
 */
export class IndexedHeap<T> {
  readonly #comesBefore: (a: T, b: T) => boolean
  readonly #items: T[] = []
  readonly #positions = new Map<T, number>()

  constructor(comesBefore: (a: T, b: T) => boolean) {
    this.#comesBefore = comesBefore
  }

  get size(): number {
    return this.#items.length
  }

  /** The item that comes before all others. */
  first(): T | undefined {
    return this.#items[0]
  }

  has(item: T): boolean {
    return this.#positions.has(item)
  }

  /** Adds the item, or moves it to where it belongs now. */
  place(item: T): void {
    const position = this.#positions.get(item) ?? this.#items.push(item) - 1
    this.#sink(item, this.#rise(item, position))
  }

  remove(item: T): void {
    const position = this.#positions.get(item)
    if (position === undefined) return
    this.#positions.delete(item)
    const last = this.#items.pop()!
    if (last === item) return
    this.#sink(last, this.#rise(last, position))
  }

  /** Takes the first item out. */
  shift(): T | undefined {
    const item = this.first()
    if (item !== undefined) this.remove(item)
    return item
  }

  clear(): void {
    this.#items.length = 0
    this.#positions.clear()
  }

  #set(item: T, position: number): void {
    this.#items[position] = item
    this.#positions.set(item, position)
  }

  #rise(item: T, start: number): number {
    let position = start
    while (position > 0) {
      const parent = (position - 1) >> 1
      const above = this.#items[parent]!
      if (!this.#comesBefore(item, above)) break
      this.#set(above, position)
      position = parent
    }
    this.#set(item, position)
    return position
  }

  #sink(item: T, start: number): void {
    let position = start
    for (;;) {
      const left = 2 * position + 1
      if (left >= this.#items.length) break
      const right = left + 1
      const child =
        right < this.#items.length && this.#comesBefore(this.#items[right]!, this.#items[left]!) ? right : left
      const below = this.#items[child]!
      if (!this.#comesBefore(below, item)) break
      this.#set(below, position)
      position = child
    }
    this.#set(item, position)
  }
}

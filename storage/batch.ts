/** Writes that become visible and durable together, or not at all. */
export class Batch {
  readonly #operations: BatchOperation[] = []
  #bytes = 0

  put(key: Uint8Array, value: Uint8Array): void {
    this.#operations.push({ type: 'put', key, value })
    this.#bytes += key.length + value.length
  }

  delete(key: Uint8Array): void {
    this.#operations.push({ type: 'del', key })
    this.#bytes += key.length
  }

  /** In the order in which they were added: of two with one key the later counts. */
  get operations(): readonly BatchOperation[] {
    return this.#operations
  }

  /** Keys and values together. */
  get bytes(): number {
    return this.#bytes
  }
}

export type BatchOperation =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: Uint8Array }

import type { Address, Hash } from '../primitives/hex.ts'

/** Senders kept by default: some 200 bytes each. */
const DEFAULT_CAPACITY = 1 << 15

/**
 * Who signed transactions, by their hash: recovered once, when the pool takes one in, and not again when it comes in a block
 * (50 µs each). The oldest half goes when it is full.
 */
export class SenderCache {
  readonly #halfCapacity: number
  #young = new Map<Hash, Address>()
  #old = new Map<Hash, Address>()

  constructor(options: { readonly capacity?: number } = {}) {
    this.#halfCapacity = Math.max(1, (options.capacity ?? DEFAULT_CAPACITY) >> 1)
  }

  get(transactionHash: Hash): Address | undefined {
    return this.#young.get(transactionHash) ?? this.#old.get(transactionHash)
  }

  add(transactionHash: Hash, sender: Address): void {
    if (this.#young.size >= this.#halfCapacity) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(transactionHash, sender)
  }
}

/** Where senders are looked up. */
export type KnownSenders = Pick<SenderCache, 'get'>

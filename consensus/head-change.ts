import type { Block } from '../primitives/block.ts'
import type { Hash } from '../primitives/hex.ts'
import type { Receipt } from '../primitives/receipt.ts'

export interface CanonicalBlock {
  readonly block: Block
  readonly hash: Hash
  readonly receipts: readonly Receipt[]
  /** Microseconds that its execution took; `undefined` where it was not executed for this. */
  readonly executionUs?: number | undefined
}

/** How the canonical chain differs after an import. */
export interface HeadChange {
  /** Ascending; the last is the new head. */
  readonly added: readonly CanonicalBlock[]
  /** Descending; the first was the head. */
  readonly removed: readonly CanonicalBlock[]
  /** Milliseconds that it took, from the first check of the state to the last block on disk. */
  readonly durationMs: number
}

/** Sums up steps of the head: a block taken off and put back again, or the other way round, is no change. */
export class HeadChangeRecorder {
  readonly #added: CanonicalBlock[] = []
  readonly #removed: CanonicalBlock[] = []
  readonly #startedMs = performance.now()

  /** The block is the new head. */
  push(block: CanonicalBlock): void {
    if (this.#added.length === 0 && this.#removed.at(-1)?.hash === block.hash) this.#removed.pop()
    else this.#added.push(block)
  }

  /** The block was the head; its parent is now. */
  pop(block: CanonicalBlock): void {
    if (this.#added.length > 0) this.#added.pop()
    else this.#removed.push(block)
  }

  change(): HeadChange {
    const durationMs = performance.now() - this.#startedMs
    return { added: [...this.#added], removed: [...this.#removed], durationMs }
  }

  get isEmpty(): boolean {
    return this.#added.length === 0 && this.#removed.length === 0
  }
}

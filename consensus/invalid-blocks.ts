import type { BlockErrorCode } from '../execution/block/block-error.ts'
import type { Hash } from '../primitives/hex.ts'

/** Enough to remember every block of an attack until it stops paying; at about 150 bytes each, 600 kB. */
const MAX_REMEMBERED = 4096

/** Blocks found invalid, the oldest forgotten first. One that is forgotten is only checked once more. */
export class InvalidBlocks {
  readonly #codes = new Map<Hash, BlockErrorCode>()

  add(hash: Hash, code: BlockErrorCode): void {
    this.#codes.set(hash, code)
    if (this.#codes.size <= MAX_REMEMBERED) return
    for (const oldest of this.#codes.keys()) {
      this.#codes.delete(oldest)
      return
    }
  }

  /** Why the block is invalid; `undefined` when nothing is known against it. */
  code(hash: Hash): BlockErrorCode | undefined {
    return this.#codes.get(hash)
  }
}

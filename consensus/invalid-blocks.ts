import type { BlockErrorCode } from '../execution/block/block-error.ts'
import { type Block, encodeBlock } from '../primitives/block.ts'
import type { Hash } from '../primitives/hex.ts'

/** Enough to remember every block of an attack until it stops paying; at about 150 bytes each, 600 kB. */
const MAX_REMEMBERED = 4096

/** A block found invalid, as it came. */
export interface BadBlock {
  readonly hash: Hash
  readonly rlp: Uint8Array
}

/** Those that are kept whole, for people to look at. */
const MAX_KEPT = 16
const MAX_KEPT_BYTES = 8 << 20

/** Blocks found invalid, the oldest forgotten first. One that is forgotten is only checked once more. */
export class InvalidBlocks {
  readonly #codes = new Map<Hash, BlockErrorCode>()
  #kept: readonly BadBlock[] = []

  /** Those that were kept whole, the newest last. */
  get kept(): readonly BadBlock[] {
    return this.#kept
  }

  /** Keeps a block that came here, instead of others if there are too many. */
  keep(hash: Hash, block: Block): void {
    const kept = [...this.#kept.filter((bad) => bad.hash !== hash), { hash, rlp: encodeBlock(block) }]
    let bytes = kept.reduce((sum, { rlp }) => sum + rlp.length, 0)
    while (kept.length > MAX_KEPT || bytes > MAX_KEPT_BYTES) bytes -= kept.shift()?.rlp.length ?? 0
    this.#kept = kept
  }

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

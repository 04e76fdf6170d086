import type { Header } from '../primitives/header.ts'
import type { Hash } from '../primitives/hex.ts'

/** How far back BLOCKHASH sees (Yellow Paper, H.2). */
export const VISIBLE_ANCESTORS = 256

/** Hashes of a canonical block and those before it, from memory while the head moves on block by block. */
export class RecentHashes {
  readonly #blocks: { canonicalHash(number: bigint): Hash | undefined }
  #last: readonly Hash[] = []

  constructor(modules: { readonly blocks: { canonicalHash(number: bigint): Hash | undefined } }) {
    this.#blocks = modules.blocks
  }

  /** Up to 256, the block's own first. */
  upTo({ hash, header }: { readonly hash: Hash; readonly header: Header }): readonly Hash[] {
    if (this.#last[0] === hash) return this.#last
    const isNext = this.#last[0] === header.parentHash
    this.#last = isNext ? [hash, ...this.#last].slice(0, VISIBLE_ANCESTORS) : this.#read(header.number)
    return this.#last
  }

  #read(newest: bigint): readonly Hash[] {
    const hashes: Hash[] = []
    for (let number = newest; number >= 0n && hashes.length < VISIBLE_ANCESTORS; number--) {
      const hash = this.#blocks.canonicalHash(number)
      if (hash === undefined) break
      hashes.push(hash)
    }
    return hashes
  }
}

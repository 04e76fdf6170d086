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
    if (this.#last[0] === header.parentHash) this.#last = [hash, ...this.#last.slice(0, VISIBLE_ANCESTORS - 1)]
    else {
      // Where the head has gone back, those before it are known.
      const at = this.#last.indexOf(hash)
      this.#last = this.#completed(header.number, at < 0 ? [] : this.#last.slice(at))
    }
    return this.#last
  }

  /** With the hashes that are missing behind the first ones. */
  #completed(newest: bigint, hashes: Hash[]): readonly Hash[] {
    for (let number = newest - BigInt(hashes.length); number >= 0n && hashes.length < VISIBLE_ANCESTORS; number--) {
      const hash = this.#blocks.canonicalHash(number)
      if (hash === undefined) break
      hashes.push(hash)
    }
    return hashes
  }
}

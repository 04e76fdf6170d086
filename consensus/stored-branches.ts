import { bytesToBigint } from '../primitives/bytes.ts'
import { bytesToHash, type Hash } from '../primitives/hex.ts'
import { bucketKey } from '../storage/keys.ts'
import type { Scanner } from '../storage/reader.ts'

/**
 * Looks for branches among all stored blocks. It reads every block's total difficulty, about a second for a million
 * blocks, and is meant for start-up.
 */
export class StoredBranches {
  readonly #scanner: Pick<Scanner, 'entries'>

  constructor(modules: { readonly scanner: Pick<Scanner, 'entries'> }) {
    this.#scanner = modules.scanner
  }

  /** Blocks with more total difficulty than this, the heaviest first. */
  async heavierThan(totalDifficulty: bigint): Promise<readonly Hash[]> {
    const prefix = bucketKey('totalDifficulty')
    const heavier: { readonly hash: Hash; readonly totalDifficulty: bigint }[] = []
    for await (const { key, value } of this.#scanner.entries(prefix)) {
      const found = bytesToBigint(value)
      if (found > totalDifficulty) {
        heavier.push({ hash: bytesToHash(key.subarray(prefix.length)), totalDifficulty: found })
      }
    }
    return heavier
      .sort((a, b) => (a.totalDifficulty < b.totalDifficulty ? 1 : a.totalDifficulty > b.totalDifficulty ? -1 : 0))
      .map(({ hash }) => hash)
  }
}

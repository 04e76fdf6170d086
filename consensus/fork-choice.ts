import type { Hash } from '../primitives/hex.ts'

/** A block as the fork choice sees it. */
export interface Branch {
  readonly hash: Hash
  readonly number: bigint
  /** Sum of the difficulties from genesis to here. */
  readonly totalDifficulty: bigint
}

/**
 * Whether the candidate takes the head's place: more total difficulty, or, as after the Merge all difficulties are 0, the
 * same and more blocks. Of equals the one seen first stays.
 */
export function isHeavier(candidate: Branch, head: Branch): boolean {
  if (candidate.totalDifficulty !== head.totalDifficulty) return candidate.totalDifficulty > head.totalDifficulty
  return candidate.number > head.number
}

/** The heaviest, of equals the first; `undefined` of none. */
export function heaviest<B extends Branch>(branches: Iterable<B>): B | undefined {
  let best: B | undefined
  for (const branch of branches) {
    if (best === undefined || isHeavier(branch, best)) best = branch
  }
  return best
}

/** What it takes to get from one head to another. */
export interface Route {
  /** Hashes from the new branch's first block to its tip, ascending. */
  readonly forward: readonly Hash[]
  /** The block both have in common; the head is rolled back to it. */
  readonly ancestor: Hash
}

/** What is asked of the stored blocks. */
export interface BranchLookup {
  parentHash(hash: Hash): Hash | undefined
  isCanonical(hash: Hash): boolean
}

/** The way from the canonical chain to `tip`; `undefined` when a block between is not stored. */
export function routeTo(tip: Hash, lookup: BranchLookup): Route | undefined {
  const forward: Hash[] = []
  let hash: Hash | undefined = tip
  while (hash !== undefined && !lookup.isCanonical(hash)) {
    forward.push(hash)
    hash = lookup.parentHash(hash)
  }
  return hash === undefined ? undefined : { forward: forward.reverse(), ancestor: hash }
}

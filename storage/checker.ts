import { BlockStore } from './block-store.ts'
import { checkChain } from './check-chain.ts'
import { checkState } from './check-state.ts'
import type { Database } from './database.ts'
import { Findings } from './findings.ts'

export interface CheckReport {
  /** The first differences found, in words; none = the database is consistent. */
  readonly problems: readonly string[]
  /** Differences found in all. */
  readonly problemCount: number
  readonly blocks: number
  readonly transactions: number
  readonly accounts: number
  readonly slots: number
}

/**
 * Whether the database agrees with itself: canonical blocks, receipts and indexes with each other, the head's state trie
 * with the flat state (both ways), all code and trie nodes with their hashes. Works on a snapshot, so blocks may be
 * imported meanwhile, and in bounded memory. Throws StorageError only when the disk cannot be read or nothing is stored.
 */
export async function checkDatabase(
  database: Database,
  { maxProblems = 100 }: { readonly maxProblems?: number } = {},
): Promise<CheckReport> {
  await database.flushed()
  const snapshot = database.snapshot()
  try {
    const findings = new Findings(maxProblems)
    const head = new BlockStore({ reader: snapshot }).head()
    const chain = await checkChain(snapshot, head, findings)
    const state = await checkState(snapshot, head.stateRoot, findings)
    return { problems: findings.problems, problemCount: findings.count, ...chain, ...state }
  } finally {
    await snapshot.close()
  }
}

/** What one transaction reads and writes, as location numbers; a location may stand in both, or twice. */
export interface TransactionSets {
  readonly reads: readonly number[]
  readonly writes: readonly number[]
}

/**
 * The group of each transaction, numbered from 0 by first transaction. Two transactions conflict if one writes what
 * the other reads or writes, so all users of a location that anyone writes are in one group, and nothing else joins two.
 * Every access is looked at twice, whatever the conflicts. Location numbers are below `locationCount`.
 */
export function groupTransactions(transactions: readonly TransactionSets[], locationCount: number): number[] {
  const isWritten = new Uint8Array(locationCount)
  for (const { writes } of transactions) for (const location of writes) isWritten[location] = 1

  const sets = new DisjointSets(transactions.length)
  const firstUser = new Int32Array(locationCount).fill(NOBODY)
  for (const [index, { reads, writes }] of transactions.entries()) {
    for (const locations of [reads, writes]) {
      for (const location of locations) {
        if (isWritten[location] === 0) continue
        const first = firstUser[location]!
        if (first === NOBODY) firstUser[location] = index
        else sets.join(first, index)
      }
    }
  }
  return numberByFirst(sets, transactions.length)
}

const NOBODY = -1

function numberByFirst(sets: DisjointSets, count: number): number[] {
  const groups: number[] = []
  let next = 0
  for (let index = 0; index < count; index++) {
    const first = sets.first(index)
    groups.push(first === index ? next++ : groups[first]!)
  }
  return groups
}

/** Disjoint sets of the numbers below `count`, each known by its least member. */
class DisjointSets {
  /** A member's way to the least one; the least one's is itself. */
  readonly #towards: Int32Array

  constructor(count: number) {
    this.#towards = new Int32Array(count)
    for (let member = 0; member < count; member++) this.#towards[member] = member
  }

  first(member: number): number {
    let present = member
    for (;;) {
      const next = this.#towards[present]!
      if (next === present) return present
      // Path compression: every step halves what is left of the way for whoever comes after.
      present = this.#towards[present] = this.#towards[next]!
    }
  }

  join(a: number, b: number): void {
    const firstA = this.first(a)
    const firstB = this.first(b)
    if (firstA < firstB) this.#towards[firstB] = firstA
    else this.#towards[firstA] = firstB
  }
}

import type { BlockAccessList, Change } from '../primitives/block-access-list.ts'
import type { Address } from '../primitives/hex.ts'
import { bytesToHex, quantityToHex, wordToHash } from '../primitives/hex.ts'
import type { Plan } from '../primitives/plan.ts'

/** A place in the world state that a block touched. */
export interface Location {
  readonly address: Address
  readonly kind: 'balance' | 'nonce' | 'code' | 'slot'
  /** 32 bytes; of a slot only. */
  readonly slot?: string
}

/** One write of one step of a block: the location's number and the value after the step. */
export interface Write {
  readonly location: number
  readonly value: string
  /** The balance was added to without being looked at: it commutes with other additions. */
  readonly isAddition?: true
}

interface LocatedChanges {
  readonly location: Location
  /** Changes with the value already written out. */
  readonly changes: readonly Change<string>[]
}

/** What a plan says when it is read together with its block's access list and senders. */
export interface PlanView {
  readonly locations: readonly Location[]
  readonly transactions: readonly {
    readonly gasUsed: bigint
    readonly group: number
    /** Location numbers, ascending: the whole read set, with the reads that the plan does not list. */
    readonly reads: readonly number[]
    readonly writes: readonly Write[]
  }[]
  /** Transaction indexes by group. */
  readonly groups: readonly (readonly number[])[]
  /** Writes of the system operations before the first transaction and after the last. */
  readonly systemWrites: { readonly before: readonly Write[]; readonly after: readonly Write[] }
}

/**
 * The read and write sets of a block, whole. Locations are numbered as `primitives/plan.ts` says; the reads that follow
 * from the rest (the sender's account, and every nonce, code and slot that the transaction changes) are put in.
 */
export function viewPlan(plan: Plan, accessList: BlockAccessList, senders: readonly Address[]): PlanView {
  const located = accessList.flatMap(locateAccount)
  const writesByIndex = groupWrites(located)
  const fieldsOf = new Map<Address, readonly number[]>()
  for (const [number, { location }] of located.entries()) {
    if (location.kind === 'balance') fieldsOf.set(location.address, [number, number + 1, number + 2])
  }
  const groups: number[][] = []
  const transactions = plan.transactions.map(({ gasUsed, group, reads: listed }, index) => {
    const members = groups[group] ?? []
    members.push(index)
    groups[group] = members
    const changed = writesByIndex.get(index + 1) ?? []
    const sender = fieldsOf.get(senders[index] ?? '0x') ?? []
    const changedUnlisted = changed
      .map(({ location }) => location)
      .filter((n) => located[n]?.location.kind !== 'balance')
    const reads = new Set([...listed, ...sender, ...changedUnlisted])
    return {
      gasUsed,
      group,
      reads: [...reads].sort((a, b) => a - b),
      writes: changed.map((write): Write => {
        const isBalance = located[write.location]?.location.kind === 'balance'
        return isBalance && !reads.has(write.location) ? { ...write, isAddition: true } : write
      }),
    }
  })
  return {
    locations: located.map(({ location }) => location),
    transactions,
    groups,
    systemWrites: {
      before: writesByIndex.get(0) ?? [],
      after: writesByIndex.get(plan.transactions.length + 1) ?? [],
    },
  }
}

/** The locations of one account of the list, in the order of their numbers. */
function locateAccount(account: BlockAccessList[number]): LocatedChanges[] {
  const { address, balanceChanges, nonceChanges, codeChanges, storageChanges, storageReads } = account
  const slots = [...storageChanges, ...storageReads.map((slot) => ({ slot, changes: [] }))]
  slots.sort((a, b) => (a.slot < b.slot ? -1 : 1))
  return [
    { location: { address, kind: 'balance' }, changes: written(balanceChanges, quantityToHex) },
    { location: { address, kind: 'nonce' }, changes: written(nonceChanges, quantityToHex) },
    { location: { address, kind: 'code' }, changes: written(codeChanges, bytesToHex) },
    ...slots.map(
      ({ slot, changes }): LocatedChanges => ({
        location: { address, kind: 'slot', slot: wordToHash(slot) },
        changes: written(changes, wordToHash),
      }),
    ),
  ]
}

function written<T>(changes: readonly Change<T>[], write: (value: T) => string): Change<string>[] {
  return changes.map(({ index, value }) => ({ index, value: write(value) }))
}

/** Writes by block access index, each list ascending by location. */
function groupWrites(located: readonly LocatedChanges[]): ReadonlyMap<number, Write[]> {
  const byIndex = new Map<number, Write[]>()
  for (const [location, { changes }] of located.entries()) {
    for (const { index, value } of changes) {
      const writes = byIndex.get(index) ?? []
      writes.push({ location, value })
      byIndex.set(index, writes)
    }
  }
  return byIndex
}

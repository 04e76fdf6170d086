import { accountLocations } from '../../execution/block/step-sets.ts'
import type { Block } from '../../primitives/block.ts'
import {
  type AccountChanges,
  type BlockAccessList,
  blockAccessListHash,
  type Change,
} from '../../primitives/block-access-list.ts'
import type { Header } from '../../primitives/header.ts'
import { type Address, quantityToHex } from '../../primitives/hex.ts'
import { decodePlan, encodePlan, type PlannedTransaction } from '../../primitives/plan.ts'

/** What a lie does to an honest block. Everything that follows from what it changes is made to fit. */
export type Lie = (block: Block) => Block

export function withHeader(changes: Partial<Header>): Lie {
  return (block) => ({ ...block, header: { ...block.header, ...changes } })
}

/** The list as given, its hash in the header. */
export function withList(block: Block, accessList: BlockAccessList): Block {
  return { ...block, accessList, header: { ...block.header, blockAccessListHash: blockAccessListHash(accessList) } }
}

/** Another list, with the plan's reads numbered anew: those of locations that it lacks are gone. */
export function withRenumberedList(block: Block, accessList: BlockAccessList): Block {
  const before = locationNames(block.accessList!)
  const after = new Map(locationNames(accessList).map((name, number) => [name, number]))
  const renumbered = withPlan(block, (transactions) =>
    transactions.map((each) => ({ ...each, reads: each.reads.flatMap((read) => after.get(before[read]!) ?? []) })),
  )
  return withList(renumbered, accessList)
}

export function withPlan(
  block: Block,
  change: (transactions: readonly PlannedTransaction[]) => readonly PlannedTransaction[],
): Block {
  const plan = encodePlan({ transactions: change(decodePlan(block.header.plan!).transactions) })
  return { ...block, header: { ...block.header, plan } }
}

/** What the plan says of one transaction. */
export function planning(index: number, change: (planned: PlannedTransaction) => Partial<PlannedTransaction>): Lie {
  return (block) =>
    withPlan(block, (transactions) =>
      transactions.map((each, position) => (position === index ? { ...each, ...change(each) } : each)),
    )
}

/** Groups by transaction, in any numbers. */
export function grouped(block: Block, partition: readonly number[]): Block {
  const firsts = [...new Set(partition)]
  return withPlan(block, (transactions) =>
    transactions.map((each, index) => ({ ...each, group: firsts.indexOf(partition[index]!) })),
  )
}

export function groupsOf(block: Block): number[] {
  return decodePlan(block.header.plan!).transactions.map(({ group }) => group)
}

/** What the list says of one account; renumbers the plan. */
export function listing(address: Address, change: (account: AccountChanges) => Partial<AccountChanges>): Lie {
  return (block) =>
    withRenumberedList(
      block,
      block.accessList!.map((account) => (account.address === address ? { ...account, ...change(account) } : account)),
    )
}

/** What the list says of one slot that somebody changes: the slot counts as read when no changes are left. */
export function slotChanges(
  address: Address,
  slot: bigint,
  change: (changes: readonly Change<bigint>[]) => readonly Change<bigint>[],
): Lie {
  return listing(address, ({ storageChanges, storageReads }) => {
    const changes = change(storageChanges.find((each) => each.slot === slot)?.changes ?? [])
    const others = storageChanges.filter((each) => each.slot !== slot)
    const otherReads = storageReads.filter((each) => each !== slot)
    return changes.length > 0
      ? {
          storageChanges: [...others, { slot, changes }].sort((a, b) => (a.slot < b.slot ? -1 : 1)),
          storageReads: otherReads,
        }
      : { storageChanges: others, storageReads: [...otherReads, slot].sort((a, b) => (a < b ? -1 : 1)) }
  })
}

/** One value changed by a transaction (by its index, from 0), the others as they are. */
export function withValue<T>(
  transaction: number,
  change: (value: T) => T,
): (changes: readonly Change<T>[]) => Change<T>[] {
  return (changes) =>
    changes.map(({ index, value }) => ({ index, value: index === transaction + 1 ? change(value) : value }))
}

/** The list's number of a location by its name (`<address> slot 0x1`). Throws RangeError when it has none. */
export function locationNumber(block: Block, name: string): number {
  const number = locationNames(block.accessList!).indexOf(name)
  if (number < 0) throw new RangeError(`${name} is not in the list`)
  return number
}

export function slotName(address: Address, slot: bigint): string {
  return `${address} slot ${quantityToHex(slot)}`
}

/** In the order of their numbers (`primitives/plan.ts`). */
function locationNames(accessList: BlockAccessList): string[] {
  return accessList.flatMap(({ address, storageChanges, storageReads }) => {
    const slots = [...storageChanges.map(({ slot }) => slot), ...storageReads].sort((a, b) => (a < b ? -1 : 1))
    return [...accountLocations(address), ...slots.map((slot) => slotName(address, slot))]
  })
}

export function ascending(numbers: readonly number[]): number[] {
  return [...numbers].sort((a, b) => a - b)
}

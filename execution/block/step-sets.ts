import type { AccountChanges, BlockAccessList, Change } from '../../primitives/block-access-list.ts'
import { type Address, bytesToHex, quantityToHex } from '../../primitives/hex.ts'
import { keccak256Hex } from '../../primitives/keccak.ts'
import type { Plan } from '../../primitives/plan.ts'

/** A location in words: `<address> balance`, `nonce`, `code`, or `slot <number in hex>`. */
export type LocationName = string

/** What a list and a plan say of one step of a block. */
export interface StepSets {
  /** New value by location: in hex, code as its hash. */
  readonly writes: Map<LocationName, string>
  /** As the plan lists them. */
  readonly listedReads: Set<LocationName>
}

/** What a list and a plan say of a block, in words: two lists number their locations differently. */
export interface NamedSets {
  /** By block access index: before, the transactions, after. */
  readonly steps: readonly StepSets[]
  /** Accounts touched, and slots that nobody changed. */
  readonly touched: ReadonlySet<LocationName>
}

/** Numbers above the list's locations are named by the number alone: no step can have read them. */
export function nameSets(accessList: BlockAccessList, plan: Plan): NamedSets {
  const names = accessList.flatMap(locationNames)
  const steps = Array.from({ length: plan.transactions.length + 2 }, (_, index): StepSets => {
    const reads = plan.transactions[index - 1]?.reads ?? []
    return { writes: new Map(), listedReads: new Set(reads.map((number) => names[number] ?? `location ${number}`)) }
  })
  const touched = new Set<LocationName>()
  for (const account of accessList) {
    touched.add(account.address)
    for (const slot of account.storageReads) touched.add(slotName(account.address, slot))
    addWrites(steps, account)
  }
  return { steps, touched }
}

/** Balance, nonce and code: what every transaction reads of its sender, unlisted. */
export function accountLocations(address: Address): LocationName[] {
  return [balanceName(address), nonceName(address), codeName(address)]
}

export function isBalance(location: LocationName): boolean {
  return location.endsWith(' balance')
}

function addWrites(steps: readonly StepSets[], account: AccountChanges): void {
  const { address } = account
  const add = <T>(changes: readonly Change<T>[], location: LocationName, describe: (value: T) => string) => {
    for (const { index, value } of changes) steps[index]?.writes.set(location, describe(value))
  }
  add(account.balanceChanges, balanceName(address), quantityToHex)
  add(account.nonceChanges, nonceName(address), quantityToHex)
  add(account.codeChanges, codeName(address), (code) => (code.length === 0 ? bytesToHex(code) : keccak256Hex(code)))
  for (const { slot, changes } of account.storageChanges) add(changes, slotName(address, slot), quantityToHex)
}

/** In the order of their numbers (`primitives/plan.ts`). */
function locationNames({ address, storageChanges, storageReads }: AccountChanges): LocationName[] {
  const slots = [...storageChanges.map(({ slot }) => slot), ...storageReads].sort((a, b) => (a < b ? -1 : 1))
  return [...accountLocations(address), ...slots.map((slot) => slotName(address, slot))]
}

function balanceName(address: Address): LocationName {
  return `${address} balance`
}

function nonceName(address: Address): LocationName {
  return `${address} nonce`
}

function codeName(address: Address): LocationName {
  return `${address} code`
}

function slotName(address: Address, slot: bigint): LocationName {
  return `${address} slot ${quantityToHex(slot)}`
}

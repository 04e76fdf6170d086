import type { Block } from '../../primitives/block.ts'
import type { Address } from '../../primitives/hex.ts'
import { decodePlan, type Plan } from '../../primitives/plan.ts'
import { BlockError, type BlockErrorCode } from './block-error.ts'
import type { ExecutedBlock } from './executor.ts'
import { accountLocations, isBalance, type LocationName, type NamedSets, nameSets, type StepSets } from './step-sets.ts'

/** Enough to see what is wrong; a hostile block could make these as long as itself. */
const MAX_NAMED_LOCATIONS = 16

/** A transaction that could not be executed on what the claims gave it. */
export interface FailedTransaction {
  readonly index: number
  readonly sender: Address
}

/**
 * The lie in a block whose list or plan differs from what executing it gave; `undefined` where there is none. A lie about
 * one step spoils what steps after it see, so the first step that differs is the one lied about. At that step:
 *
 * 1. It was given old values: it reads what a transaction before it, in another group, wrote. If the block itself says
 *    so, its groups are wrong; else it hides that read. (A hidden read of a slot that was set to what it was already looks,
 *    from the old value, like a hidden write, and is called one.)
 * 2. Reads that differ, other than by a difference in what is written, which the plan does not list as read.
 * 3. Locations written that differ, then their values, then the gas used.
 *
 * When all steps agree the groups are compared, then what the list says was touched by anybody.
 *
 * With `failed`, only the steps before that transaction have been executed, and then its sender is looked at as in 1.
 */
export function findFalseClaim(
  block: Block,
  executed: ExecutedBlock,
  failed?: FailedTransaction,
): BlockError | undefined {
  const { accessList: claimedList, header } = block
  if (!claimedList || !header.plan || !executed.accessList || !executed.plan) return undefined
  const claimedPlan = decodePlan(header.plan)
  const claimed = nameSets(claimedList, claimedPlan)
  const actual = nameSets(executed.accessList, executed.plan)
  const groups = new WritersByGroup()
  const end = failed ? failed.index + 1 : claimed.steps.length
  for (let index = 0; index < end; index++) {
    const said = claimed.steps[index]!
    const seen = actual.steps[index]!
    const transaction = transactionOf(index, claimedPlan)
    if (transaction === undefined) {
      const lie = falseSet(said, seen, placeOf(index))
      if (lie) return lie
      continue
    }
    const { group, gasUsed } = claimedPlan.transactions[transaction]!
    const sender = executed.outcomes[transaction]!.sender
    const lie = falseSet(said, seen, { transaction }) ?? falseGas(gasUsed, executed.plan, transaction)
    if (lie) return staleInput(said, seen, { transaction, sender }, groups.othersOf(group)) ?? lie
    groups.add(said.writes.keys(), group)
  }
  if (failed) return falseGroupOfFailed(failed, claimedPlan, groups)
  return falseGroup(claimedPlan, executed.plan) ?? falseTouches(claimed, actual)
}

type Place = { readonly transaction: number } | { readonly step: 'before' | 'after' }

function transactionOf(index: number, plan: Plan): number | undefined {
  return index >= 1 && index <= plan.transactions.length ? index - 1 : undefined
}

function placeOf(index: number): Place {
  return { step: index === 0 ? 'before' : 'after' }
}

/** Which groups have written what so far. */
class WritersByGroup {
  readonly #groups = new Map<LocationName, Set<number>>()

  add(locations: Iterable<LocationName>, group: number): void {
    for (const location of locations) {
      const groups = this.#groups.get(location)
      if (groups) groups.add(group)
      else this.#groups.set(location, new Set([group]))
    }
  }

  /** Whether a location was written by a group other than this one. */
  othersOf(group: number): (location: LocationName) => boolean {
    return (location) => {
      const groups = this.#groups.get(location)
      return groups !== undefined && (groups.size > 1 || !groups.has(group))
    }
  }
}

/** Case 1. */
function staleInput(
  said: StepSets,
  seen: StepSets,
  { transaction, sender }: { readonly transaction: number; readonly sender: Address },
  isWrittenByOthers: (location: LocationName) => boolean,
): BlockError | undefined {
  const saidReads = allReads(said, sender)
  const stale = [...allReads(seen, sender)].filter(isWrittenByOthers)
  const conflict = stale.find((location) => saidReads.has(location))
  if (conflict) return wrongGroup(transaction, conflict)
  const leftOut = stale.filter((location) => !seen.writes.has(location))
  if (leftOut.length > 0) return differentSets('wrong-read-set', 'reads', { transaction }, leftOut, [])
  return undefined
}

function allReads({ listedReads, writes }: StepSets, sender: Address): Set<LocationName> {
  const changed = [...writes.keys()].filter((location) => !isBalance(location))
  return new Set([...accountLocations(sender), ...listedReads, ...changed])
}

function falseSet(said: StepSets, seen: StepSets, place: Place): BlockError | undefined {
  const isWrittenByOne = (location: LocationName) => said.writes.has(location) !== seen.writes.has(location)
  const reads = differences(said.listedReads, seen.listedReads, (location) => !isWrittenByOne(location))
  if (reads) return differentSets('wrong-read-set', 'reads', place, reads.leftOut, reads.added)
  const writes = differences(said.writes, seen.writes, () => true)
  if (writes) return differentSets('wrong-write-set', 'writes', place, writes.leftOut, writes.added)
  for (const [location, actual] of seen.writes) {
    const claimed = said.writes.get(location)
    if (claimed === actual) continue
    const message = `${describePlace(place)}: ${location} becomes ${actual}, not ${claimed}`
    return new BlockError('wrong-written-value', message, { ...place, location, claimed, actual })
  }
  return undefined
}

interface Keys {
  has(location: LocationName): boolean
  keys(): Iterable<LocationName>
}

function differences(said: Keys, seen: Keys, counts: (location: LocationName) => boolean) {
  const leftOut = [...seen.keys()].filter((location) => !said.has(location) && counts(location))
  const added = [...said.keys()].filter((location) => !seen.has(location) && counts(location))
  return leftOut.length > 0 || added.length > 0 ? { leftOut, added } : undefined
}

function falseGas(claimed: bigint, { transactions }: Plan, transaction: number): BlockError | undefined {
  const actual = transactions[transaction]!.gasUsed
  if (claimed === actual) return undefined
  const message = `transaction ${transaction} uses ${actual} gas, not ${claimed}`
  return new BlockError('wrong-gas-used', message, { transaction, claimed, actual })
}

function falseGroup(said: Plan, seen: Plan): BlockError | undefined {
  for (const [transaction, { group: actual }] of seen.transactions.entries()) {
    const claimed = said.transactions[transaction]!.group
    if (claimed === actual) continue
    const message = `transaction ${transaction} is of group ${actual}, not ${claimed}`
    return new BlockError('wrong-group', message, { transaction, claimed, actual })
  }
  return undefined
}

/** A transaction that fails because a group of its own hides from it what its sender did before. */
function falseGroupOfFailed(failed: FailedTransaction, plan: Plan, groups: WritersByGroup): BlockError | undefined {
  const planned = plan.transactions[failed.index]
  if (!planned) return undefined
  const conflict = accountLocations(failed.sender).find(groups.othersOf(planned.group))
  return conflict === undefined ? undefined : wrongGroup(failed.index, conflict)
}

function falseTouches({ touched: said }: NamedSets, { touched: seen }: NamedSets): BlockError | undefined {
  const touches = differences(said, seen, () => true)
  return touches && differentSets('wrong-read-set', 'touched accounts and slots', {}, touches.leftOut, touches.added)
}

function wrongGroup(transaction: number, location: LocationName): BlockError {
  const message = `transaction ${transaction} reads ${location}, which another group writes before it`
  return new BlockError('wrong-group', message, { transaction, location })
}

function differentSets(
  code: BlockErrorCode,
  what: string,
  place: Place | Record<string, never>,
  leftOut: readonly LocationName[],
  added: readonly LocationName[],
): BlockError {
  const parts = [
    ...(leftOut.length > 0 ? [`left out ${leftOut[0]}`] : []),
    ...(added.length > 0 ? [`added ${added[0]}`] : []),
  ]
  return new BlockError(code, `${what} of ${describePlace(place)}: ${parts.join(', ')}`, {
    ...place,
    leftOut: leftOut.slice(0, MAX_NAMED_LOCATIONS),
    added: added.slice(0, MAX_NAMED_LOCATIONS),
  })
}

function describePlace(place: Place | Record<string, never>): string {
  if ('transaction' in place) return `transaction ${place.transaction}`
  return 'step' in place ? `the system operations ${place.step} the block` : 'the block'
}

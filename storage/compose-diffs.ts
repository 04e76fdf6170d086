import type { Address } from '../primitives/hex.ts'
import type { AccountDiff, StateDiff } from './state-view.ts'

/** One diff that does what the first does and then the second. */
export function composeDiffs(first: StateDiff, second: StateDiff): StateDiff {
  const accounts = new Map<Address, AccountDiff>(first.accounts)
  for (const [address, change] of second.accounts) {
    const before = accounts.get(address)
    accounts.set(address, before === undefined ? change : composeAccountDiffs(before, change))
  }
  return { accounts, codes: new Map([...first.codes, ...second.codes]) }
}

function composeAccountDiffs(first: AccountDiff, second: AccountDiff): AccountDiff {
  const account = second.account ?? first.account
  if (clears(second)) return { ...second, account }
  // An account that was deleted between comes back without the slots it had.
  const clearsStorage = clears(first) || undefined
  const slots = new Map([...(deletes(first) ? [] : (first.slots ?? [])), ...(second.slots ?? [])])
  return { account, clearsStorage, slots: slots.size === 0 ? undefined : slots }
}

/** Whether none of the old slots stays. */
export function clears(change: AccountDiff): boolean {
  return change.clearsStorage === true || deletes(change)
}

function deletes({ account }: AccountDiff): boolean {
  return account !== undefined && account.to === undefined
}

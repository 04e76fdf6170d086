import type { Change } from '../../primitives/block-access-list.ts'
import type { Address, Hash } from '../../primitives/hex.ts'
import { KECCAK_EMPTY } from '../../primitives/keccak.ts'
import type { Plan } from '../../primitives/plan.ts'
import type { Account, AccountDiff, StateDiff } from '../../storage/state-view.ts'
import { groupTransactions } from './grouping.ts'
import { ACCOUNT_LOCATIONS, BALANCE, CODE, type IndexedAccessList, type IndexedAccount, NONCE } from './indexed-list.ts'
import { isEmpty } from './list-view.ts'
import type { StateEffects } from './outcome.ts'

/** The change of the state by a block, if its list is true: known before anything has been executed. */
export function claimedDiff(accessList: IndexedAccessList): StateDiff {
  const accounts = new Map<Address, AccountDiff>()
  const codes = new Map<Hash, Uint8Array>()
  for (const [address, listed] of accessList.accounts) {
    const account = accountChange(listed, accessList)
    const { storageChanges, codeChanges } = listed.changes
    if (account === undefined && storageChanges.length === 0) continue
    const slots = new Map(storageChanges.map(({ slot, changes }) => [slot, changes.at(-1)!.value]))
    accounts.set(address, { ...(account && { account }), ...(slots.size > 0 && { slots }) })
    const code = codeChanges.length === 0 ? undefined : listed.codes.at(-1)!.value
    if (code && code.hash !== KECCAK_EMPTY && account?.to) codes.set(code.hash, code.bytes)
  }
  return { accounts, codes }
}

function accountChange(listed: IndexedAccount, accessList: IndexedAccessList): AccountDiff['account'] {
  const { balanceChanges, nonceChanges, codeChanges } = listed.changes
  if (balanceChanges.length + nonceChanges.length + codeChanges.length === 0) return undefined
  const base = accessList.parentAccount(listed)
  const account: Account = {
    nonce: nonceChanges.at(-1)?.value ?? base?.nonce ?? 0n,
    balance: balanceChanges.at(-1)?.value ?? base?.balance ?? 0n,
    codeHash:
      (codeChanges.length === 0 ? undefined : listed.codes.at(-1)?.value.hash) ?? base?.codeHash ?? KECCAK_EMPTY,
  }
  if (isEmpty(account)) return base && { to: undefined }
  const { nonce, balance, codeHash } = account
  if (base && base.nonce === nonce && base.balance === balance && base.codeHash === codeHash) return undefined
  return { to: account }
}

/**
 * The group of each transaction, if list and plan are true but for the groups. `systemSteps` are those before and after the
 * block, whose looks at balances the plan does not list.
 */
export function claimedGroups(
  accessList: IndexedAccessList,
  plan: Plan,
  senders: readonly Address[],
  systemSteps: readonly StateEffects[],
): number[] {
  const senderLocations = senders.map((sender) => accessList.accounts.get(sender)!.firstLocation)
  const isBalanceRead = new Set(senderLocations)
  for (const { reads } of systemSteps) {
    for (const [address, { balance }] of reads) {
      if (balance) isBalanceRead.add(accessList.accounts.get(address)!.firstLocation)
    }
  }
  const listedReads = new Set(plan.transactions.flatMap(({ reads }) => reads))
  const sets = plan.transactions.map(({ reads }, index) => {
    const first = senderLocations[index]!
    return { reads: [first + BALANCE, first + NONCE, first + CODE, ...reads], writes: [] as number[] }
  })
  const addWrites = (changes: readonly Change<unknown>[], location: number): void => {
    // Of the system operations there is no set.
    for (const { index } of changes) sets[index - 1]?.writes.push(location)
  }
  for (const account of accessList.accounts.values()) {
    const { firstLocation, changes } = account
    const { balanceChanges, nonceChanges, codeChanges, storageChanges } = changes
    const balance = firstLocation + BALANCE
    // What nobody looks at was only added to.
    if (isBalanceRead.has(balance) || listedReads.has(balance)) addWrites(balanceChanges, balance)
    addWrites(nonceChanges, firstLocation + NONCE)
    addWrites(codeChanges, firstLocation + CODE)
    if (storageChanges.length > 0) account.forEachSlot((_, changes, location) => addWrites(changes, location))
  }
  return groupTransactions(sets, accessList.locationCount)
}

/** Whether every account and slot of the list has its mark (`StepCheck`). */
export function isAllMarked(accessList: IndexedAccessList, marks: Uint8Array): boolean {
  for (const { firstLocation, changes } of accessList.accounts.values()) {
    if (marks[firstLocation] === 0) return false
    const end = firstLocation + ACCOUNT_LOCATIONS + changes.storageChanges.length + changes.storageReads.length
    for (let location = firstLocation + ACCOUNT_LOCATIONS; location < end; location++) {
      if (marks[location] === 0) return false
    }
  }
  return true
}

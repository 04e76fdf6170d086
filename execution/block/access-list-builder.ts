import type { BlockAccessList, Change } from '../../primitives/block-access-list.ts'
import type { Address } from '../../primitives/hex.ts'
import type { TransactionSets } from './grouping.ts'
import type { StateEffects } from './outcome.ts'

/** Numbers that every account of the list takes before its slots (`primitives/plan.ts`). */
export const ACCOUNT_LOCATIONS = 3
const BALANCE = 0
const NONCE = 1
const CODE = 2

interface ListedSlot {
  readonly slot: bigint
  readonly changes: Change<bigint>[]
  location: number
}

interface ListedAccount {
  readonly address: Address
  readonly balanceChanges: Change<bigint>[]
  readonly nonceChanges: Change<bigint>[]
  readonly codeChanges: Change<Uint8Array>[]
  /** By the slot in hex. */
  readonly slots: Map<string, ListedSlot>
  /** Somebody looked at the balance, so that additions to it are ordinary writes in this block. */
  isBalanceRead: boolean
  firstLocation: number
}

/** A transaction's sets as location numbers. */
export interface NumberedSets extends TransactionSets {
  /** The reads that the plan lists: those that do not follow from the sender and the list. */
  readonly listedReads: readonly number[]
}

/** Collects the effects of a block's steps into its block access list (EIP-7928), and numbers the list's locations. */
export class AccessListBuilder {
  readonly #accounts = new Map<Address, ListedAccount>()

  /** Steps come in block order; `balanceAfter` gives balances as the step left them, additions settled. */
  add(index: number, { reads, writes, credits }: StateEffects, balanceAfter: (address: Address) => bigint): void {
    for (const [address, { balance, slots }] of reads) {
      const account = this.#account(address)
      if (balance) account.isBalanceRead = true
      for (const slot of slots) slotOf(account, slot)
    }
    for (const [address, { nonce, balance, code, slots }] of writes) {
      const account = this.#account(address)
      if (balance !== undefined) account.balanceChanges.push({ index, value: balance })
      if (nonce !== undefined) account.nonceChanges.push({ index, value: nonce })
      if (code) account.codeChanges.push({ index, value: code.bytes })
      for (const [slot, value] of slots ?? []) slotOf(account, slot).changes.push({ index, value })
    }
    for (const address of credits.keys()) {
      this.#account(address).balanceChanges.push({ index, value: balanceAfter(address) })
    }
  }

  /** The list of all steps so far. Numbers its locations as a side effect, for `setsOf`. */
  build(): { readonly accessList: BlockAccessList; readonly locationCount: number } {
    let locationCount = 0
    const accessList = [...this.#accounts.values()].sort(byAddress).map((account) => {
      const slots = [...account.slots.values()].sort(bySlot)
      account.firstLocation = locationCount
      locationCount += ACCOUNT_LOCATIONS
      for (const slot of slots) slot.location = locationCount++
      return {
        address: account.address,
        storageChanges: slots
          .filter(({ changes }) => changes.length > 0)
          .map(({ slot, changes }) => ({ slot, changes })),
        storageReads: slots.filter(({ changes }) => changes.length === 0).map(({ slot }) => slot),
        balanceChanges: account.balanceChanges,
        nonceChanges: account.nonceChanges,
        codeChanges: account.codeChanges,
      }
    })
    return { accessList, locationCount }
  }

  /** What a transaction among the steps read and wrote, after `build`. */
  setsOf({ reads, writes, credits }: StateEffects, sender: Address): NumberedSets {
    const sets = { listedReads: [] as number[], reads: [] as number[], writes: [] as number[] }
    for (const [address, read] of reads) {
      const account = this.#account(address)
      const written = writes.get(address)
      const first = account.firstLocation
      const isSender = address === sender
      const add = (location: number, isRead: boolean, isWritten: boolean, isImplied: boolean) => {
        if (isWritten) sets.writes.push(location)
        if (isRead || isImplied) sets.reads.push(location)
        if (isRead && !isImplied) sets.listedReads.push(location)
      }
      const isBalanceWritten = account.isBalanceRead && (written?.balance !== undefined || credits.has(address))
      add(first + BALANCE, read.balance, isBalanceWritten, isSender)
      add(first + NONCE, read.nonce, written?.nonce !== undefined, isSender || written?.nonce !== undefined)
      add(first + CODE, read.code, written?.code !== undefined, isSender || written?.code !== undefined)
      for (const slot of read.slots) {
        const isWritten = written?.slots?.has(slot) ?? false
        add(slotOf(account, slot).location, true, isWritten, isWritten)
      }
    }
    sets.listedReads.sort((a, b) => a - b)
    return sets
  }

  #account(address: Address): ListedAccount {
    let account = this.#accounts.get(address)
    if (!account) {
      account = {
        address,
        balanceChanges: [],
        nonceChanges: [],
        codeChanges: [],
        slots: new Map(),
        isBalanceRead: false,
        firstLocation: 0,
      }
      this.#accounts.set(address, account)
    }
    return account
  }
}

function slotOf(account: ListedAccount, slot: bigint): ListedSlot {
  const key = slot.toString(16)
  let listed = account.slots.get(key)
  if (!listed) {
    listed = { slot, changes: [], location: 0 }
    account.slots.set(key, listed)
  }
  return listed
}

function byAddress(a: ListedAccount, b: ListedAccount): number {
  return a.address < b.address ? -1 : 1
}

function bySlot(a: ListedSlot, b: ListedSlot): number {
  return a.slot < b.slot ? -1 : 1
}

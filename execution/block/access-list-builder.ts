import type { BlockAccessList, Change, SlotChanges } from '../../primitives/block-access-list.ts'
import type { Address } from '../../primitives/hex.ts'
import { changeBefore } from './change-before.ts'
import type { TransactionSets } from './grouping.ts'
import { ACCOUNT_LOCATIONS, BALANCE, CODE, NONCE } from './indexed-list.ts'
import type { AccountReads, AccountWrites, StateEffects } from './outcome.ts'

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

/** How a step met an account. */
interface Access {
  readonly account: ListedAccount
  readonly reads: AccountReads
  readonly writes: AccountWrites | undefined
  readonly isCredited: boolean
  /** In the order of `reads.slots`. */
  readonly slots: readonly ListedSlot[]
}

/** A transaction's sets as location numbers. */
export interface NumberedSets extends TransactionSets {
  /** The reads that the plan lists: those that do not follow from the sender and the list. */
  readonly listedReads: readonly number[]
}

/**
 * Collects the effects of a block's steps, recorded with their reads, into its block access list (EIP-7928), and numbers
 * the list's locations.
 */
export class AccessListBuilder {
  readonly #accounts = new Map<Address, ListedAccount>()
  /** By block access index. */
  readonly #steps: (readonly Access[])[] = []

  /** Adds the next step of the block; `balanceAfter` gives balances as the step left them, additions settled. */
  add(effects: StateEffects, balanceAfter: (address: Address) => bigint): void {
    const index = this.#steps.length
    const accesses: Access[] = []
    // Whatever was written or added to was met, so it is among the reads.
    for (const [address, reads] of effects.reads) {
      const account = this.#account(address)
      const writes = effects.writes.get(address)
      const isCredited = effects.credits.has(address)
      const balance = isCredited ? balanceAfter(address) : writes?.balance
      if (reads.balance) account.isBalanceRead = true
      if (balance !== undefined) account.balanceChanges.push({ index, value: balance })
      if (writes?.nonce !== undefined) account.nonceChanges.push({ index, value: writes.nonce })
      if (writes?.code) account.codeChanges.push({ index, value: writes.code.bytes })
      const slots = reads.slots.length > 0 ? addSlots(account, index, reads.slots, writes?.slots) : NO_SLOTS
      accesses.push({ account, reads, writes, isCredited, slots })
    }
    this.#steps.push(accesses)
  }

  /** The list of all steps so far. Numbers its locations as a side effect, for `setsOf`. */
  build(): { readonly accessList: BlockAccessList; readonly locationCount: number } {
    let locationCount = 0
    const accessList = [...this.#accounts.values()].sort(byAddress).map((account) => {
      account.firstLocation = locationCount
      locationCount += ACCOUNT_LOCATIONS
      const storageChanges: SlotChanges[] = []
      const storageReads: bigint[] = []
      // Most accounts of most blocks have none.
      const slots = account.slots.size > 0 ? [...account.slots.values()].sort(bySlot) : NO_SLOTS
      for (const slot of slots) {
        slot.location = locationCount++
        if (slot.changes.length > 0) storageChanges.push({ slot: slot.slot, changes: slot.changes })
        else storageReads.push(slot.slot)
      }
      const { address, balanceChanges, nonceChanges, codeChanges } = account
      return { address, storageChanges, storageReads, balanceChanges, nonceChanges, codeChanges }
    })
    return { accessList, locationCount }
  }

  /** What the transaction of that block access index read and wrote, after `build`. */
  setsOf(index: number, sender: Address): NumberedSets {
    const listedReads: number[] = []
    const reads: number[] = []
    const writes: number[] = []
    const add = (location: number, isRead: boolean, isWritten: boolean, isImplied: boolean) => {
      if (isWritten) writes.push(location)
      if (isRead || isImplied) reads.push(location)
      if (isRead && !isImplied) listedReads.push(location)
    }
    for (const { account, reads: read, writes: written, isCredited, slots } of this.#steps[index] ?? []) {
      const isSender = account.address === sender
      const changesBalance = isCredited || written?.balance !== undefined
      const changesNonce = written?.nonce !== undefined
      const changesCode = written?.code !== undefined
      add(account.firstLocation + BALANCE, read.balance, changesBalance && account.isBalanceRead, isSender)
      add(account.firstLocation + NONCE, read.nonce, changesNonce, isSender || changesNonce)
      add(account.firstLocation + CODE, read.code, changesCode, isSender || changesCode)
      for (const { location, changes } of slots) {
        const isWritten = changeBefore(changes, index + 1)?.index === index
        add(location, true, isWritten, isWritten)
      }
    }
    listedReads.sort((a, b) => a - b)
    return { listedReads, reads, writes }
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

const NO_SLOTS: readonly ListedSlot[] = []

/** The listed slots of those read, with what the step of that index left in them. */
function addSlots(
  account: ListedAccount,
  index: number,
  reads: readonly bigint[],
  writes: ReadonlyMap<bigint, bigint> | undefined,
): ListedSlot[] {
  return reads.map((slot) => {
    const listed = slotOf(account, slot)
    const value = writes?.get(slot)
    if (value !== undefined) listed.changes.push({ index, value })
    return listed
  })
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

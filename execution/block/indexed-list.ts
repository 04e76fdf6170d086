import type { AccountChanges, BlockAccessList, Change } from '../../primitives/block-access-list.ts'
import type { Address, Hash } from '../../primitives/hex.ts'
import { KECCAK_EMPTY, keccak256Hex } from '../../primitives/keccak.ts'
import type { Account, StateView } from '../../storage/state-view.ts'

/** Numbers that every account of the list takes before its slots (`primitives/plan.ts`): of its balance, nonce, code. */
export const ACCOUNT_LOCATIONS = 3
export const BALANCE = 0
export const NONCE = 1
export const CODE = 2

type Parent = Pick<StateView, 'account' | 'slot' | 'code' | 'hasStorage'>

/** One slot of a list. */
export class IndexedSlot {
  /** Empty for a slot that was only read. */
  readonly changes: readonly Change<bigint>[]
  readonly location: number
  #parentValue: bigint | undefined

  constructor(changes: readonly Change<bigint>[], location: number) {
    this.changes = changes
    this.location = location
  }

  /** In the state after the parent block; asked for once. */
  parentValue(address: Address, slot: bigint, parent: Pick<StateView, 'slot'>): bigint {
    this.#parentValue ??= parent.slot(address, slot)
    return this.#parentValue
  }
}

/** One account of a list, made ready for looking up. What is seldom asked for is made when it is. */
export class IndexedAccount {
  readonly changes: AccountChanges
  /** Number of its balance; nonce, code and the slots follow. */
  readonly firstLocation: number
  #parentAccount: { readonly account: Account | undefined } | undefined
  #slots: ReadonlyMap<string, IndexedSlot> | undefined
  #codes: readonly Change<{ readonly hash: Hash; readonly bytes: Uint8Array }>[] | undefined

  constructor(changes: AccountChanges, firstLocation: number) {
    this.changes = changes
    this.firstLocation = firstLocation
  }

  /** In the state after the parent block; asked for once. */
  parentAccount(parent: Pick<StateView, 'account'>): Account | undefined {
    this.#parentAccount ??= { account: parent.account(this.changes.address) }
    return this.#parentAccount.account
  }

  /** By the slot in hex: those changed and those only read. */
  get slots(): ReadonlyMap<string, IndexedSlot> {
    if (this.#slots === undefined) {
      const slots = new Map<string, IndexedSlot>()
      this.forEachSlot((slot, changes, location) => slots.set(slot.toString(16), new IndexedSlot(changes, location)))
      this.#slots = slots
    }
    return this.#slots
  }

  get codes(): readonly Change<{ readonly hash: Hash; readonly bytes: Uint8Array }>[] {
    this.#codes ??= this.changes.codeChanges.map(({ index, value: bytes }) => {
      return { index, value: { hash: bytes.length === 0 ? KECCAK_EMPTY : keccak256Hex(bytes), bytes } }
    })
    return this.#codes
  }

  /** Calls back for each slot, ascending, with its changes and its number. */
  forEachSlot(visit: (slot: bigint, changes: readonly Change<bigint>[], location: number) => void): void {
    const { storageChanges, storageReads } = this.changes
    let location = this.firstLocation + ACCOUNT_LOCATIONS
    let nextRead = 0
    // Both lists ascend, and no slot is in both.
    for (const { slot, changes } of storageChanges) {
      while (nextRead < storageReads.length && storageReads[nextRead]! < slot) {
        visit(storageReads[nextRead++]!, NO_CHANGES, location++)
      }
      visit(slot, changes, location++)
    }
    while (nextRead < storageReads.length) visit(storageReads[nextRead++]!, NO_CHANGES, location++)
  }

  slot(slot: bigint): IndexedSlot | undefined {
    const { storageChanges, storageReads } = this.changes
    return storageChanges.length + storageReads.length === 0 ? undefined : this.slots.get(slot.toString(16))
  }
}

/**
 * A block access list made ready for looking up values and numbers of locations, with what was asked of the state after the
 * parent block. Built once for a block, in each thread that works on it.
 */
export class IndexedAccessList {
  readonly accounts: ReadonlyMap<Address, IndexedAccount>
  /** Numbers below it are locations. */
  readonly locationCount: number
  /** State after the parent block. */
  readonly parent: Parent
  readonly #codes = new Map<Hash, Uint8Array>()

  constructor(accessList: BlockAccessList, { parent }: { readonly parent: Parent }) {
    const accounts = new Map<Address, IndexedAccount>()
    let location = 0
    for (const changes of accessList) {
      const account = new IndexedAccount(changes, location)
      accounts.set(changes.address, account)
      location += ACCOUNT_LOCATIONS + changes.storageChanges.length + changes.storageReads.length
      if (changes.codeChanges.length === 0) continue
      for (const { value } of account.codes) this.#codes.set(value.hash, value.bytes)
    }
    this.accounts = accounts
    this.locationCount = location
    this.parent = parent
  }

  /** In the state after the parent block. */
  parentAccount(account: IndexedAccount): Account | undefined {
    return account.parentAccount(this.parent)
  }

  /** The code that a change of the list set. */
  code(codeHash: Hash): Uint8Array | undefined {
    return this.#codes.get(codeHash)
  }
}

const NO_CHANGES: readonly Change<bigint>[] = []

import type { AccountChanges, BlockAccessList, Change, SlotChanges } from '../../primitives/block-access-list.ts'
import type { Address, Hash } from '../../primitives/hex.ts'
import { KECCAK_EMPTY, keccak256Hex } from '../../primitives/keccak.ts'
import type { Account, StateView } from '../../storage/state-view.ts'
import { changeBefore } from './change-before.ts'

interface IndexedAccount {
  readonly changes: AccountChanges
  readonly codes: readonly Change<{ readonly hash: Hash; readonly bytes: Uint8Array }>[]
  /** By the slot in hex. */
  readonly slots: ReadonlyMap<string, SlotChanges>
}

/** A block access list made ready for looking up values. Built once for a block. */
export class IndexedAccessList {
  readonly #accounts = new Map<Address, IndexedAccount>()
  readonly #codes = new Map<Hash, Uint8Array>()

  constructor(accessList: BlockAccessList) {
    for (const changes of accessList) {
      const codes = changes.codeChanges.map(({ index, value: bytes }) => {
        return { index, value: { hash: bytes.length === 0 ? KECCAK_EMPTY : keccak256Hex(bytes), bytes } }
      })
      for (const { value } of codes) this.#codes.set(value.hash, value.bytes)
      const slots = new Map(changes.storageChanges.map((slot) => [slot.slot.toString(16), slot]))
      this.#accounts.set(changes.address, { changes, codes, slots })
    }
  }

  /** The state as the steps with a smaller index left it, if the list is true. `parent` is the state after the parent block. */
  viewBefore(index: number, parent: StateView): StateView {
    return new ListView(index, parent, this.#accounts, this.#codes)
  }
}

class ListView implements StateView {
  readonly #index: number
  readonly #parent: StateView
  readonly #accounts: ReadonlyMap<Address, IndexedAccount>
  readonly #codes: ReadonlyMap<Hash, Uint8Array>

  constructor(
    index: number,
    parent: StateView,
    accounts: ReadonlyMap<Address, IndexedAccount>,
    codes: ReadonlyMap<Hash, Uint8Array>,
  ) {
    this.#index = index
    this.#parent = parent
    this.#accounts = accounts
    this.#codes = codes
  }

  account(address: Address): Account | undefined {
    const before = this.#parent.account(address)
    const listed = this.#accounts.get(address)
    if (!listed) return before
    const nonce = changeBefore(listed.changes.nonceChanges, this.#index)?.value
    const balance = changeBefore(listed.changes.balanceChanges, this.#index)?.value
    const code = changeBefore(listed.codes, this.#index)?.value
    if (nonce === undefined && balance === undefined && !code) return before
    const account = {
      nonce: nonce ?? before?.nonce ?? 0n,
      balance: balance ?? before?.balance ?? 0n,
      codeHash: code?.hash ?? before?.codeHash ?? KECCAK_EMPTY,
    }
    // Lists come with hardforks under which an account that changed and is empty is gone (EIP-161).
    const isEmpty = account.nonce === 0n && account.balance === 0n && account.codeHash === KECCAK_EMPTY
    return isEmpty ? undefined : account
  }

  slot(address: Address, slot: bigint): bigint {
    const slots = this.#accounts.get(address)?.slots
    const listed = slots && slots.size > 0 ? slots.get(slot.toString(16)) : undefined
    return (listed && changeBefore(listed.changes, this.#index)?.value) ?? this.#parent.slot(address, slot)
  }

  code(codeHash: Hash): Uint8Array {
    return this.#codes.get(codeHash) ?? this.#parent.code(codeHash)
  }

  hasStorage(address: Address): boolean {
    if (this.#parent.hasStorage(address)) return true
    for (const { changes } of this.#accounts.get(address)?.slots.values() ?? []) {
      if ((changeBefore(changes, this.#index)?.value ?? 0n) !== 0n) return true
    }
    return false
  }
}

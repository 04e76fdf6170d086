import type { Address, Hash } from '../primitives/hex.ts'
import { clears } from './compose-diffs.ts'
import type { Account, AccountDiff, StateDiff, StateView } from './state-view.ts'

interface ChangedAccount {
  account: AccountDiff['account']
  clearsStorage: boolean
  readonly slots: Map<bigint, bigint>
}

/** A state with changes over it, each of which sees those before it. */
export class ChangedState implements StateView {
  readonly #below: StateView
  readonly #accounts = new Map<Address, ChangedAccount>()
  readonly #codes = new Map<Hash, Uint8Array>()

  constructor(below: StateView, diff?: StateDiff) {
    this.#below = below
    if (diff !== undefined) this.apply(diff)
  }

  apply({ accounts, codes }: StateDiff): void {
    for (const [address, diff] of accounts) this.change(address, diff)
    for (const [hash, code] of codes) this.addCode(hash, code)
  }

  /** What one account becomes. */
  change(address: Address, change: AccountDiff): void {
    const { account, slots = new Map<bigint, bigint>() } = change
    let changed = this.#accounts.get(address)
    if (changed === undefined) {
      changed = { account: undefined, clearsStorage: false, slots: new Map() }
      this.#accounts.set(address, changed)
    }
    changed.account = account ?? changed.account
    if (clears(change)) {
      changed.clearsStorage = true
      changed.slots.clear()
    }
    for (const [slot, value] of slots) changed.slots.set(slot, value)
  }

  /** What an account may name. */
  addCode(hash: Hash, code: Uint8Array): void {
    this.#codes.set(hash, code)
  }

  /** All changes as one, which later ones add to. */
  get diff(): StateDiff {
    return { accounts: this.#accounts, codes: this.#codes }
  }

  account(address: Address): Account | undefined {
    const changed = this.#accounts.get(address)?.account
    return changed === undefined ? this.#below.account(address) : changed.to
  }

  slot(address: Address, slot: bigint): bigint {
    const changed = this.#accounts.get(address)
    if (changed === undefined) return this.#below.slot(address, slot)
    return changed.slots.get(slot) ?? (changed.clearsStorage ? 0n : this.#below.slot(address, slot))
  }

  code(codeHash: Hash): Uint8Array {
    return this.#codes.get(codeHash) ?? this.#below.code(codeHash)
  }

  /** Also where every slot that there was has been set to zero one by one, which no contract's creation meets. */
  hasStorage(address: Address): boolean {
    const changed = this.#accounts.get(address)
    if (changed === undefined) return this.#below.hasStorage(address)
    for (const value of changed.slots.values()) if (value !== 0n) return true
    return !changed.clearsStorage && this.#below.hasStorage(address)
  }
}

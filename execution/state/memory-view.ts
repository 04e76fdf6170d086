import { EMPTY_BYTES } from '../../primitives/bytes.ts'
import type { Address, Hash } from '../../primitives/hex.ts'
import { KECCAK_EMPTY, keccak256Hex } from '../../primitives/keccak.ts'
import type { Account, StateDiff, StateView } from '../../storage/state-view.ts'

/** An account as tests and tools write it down. Absent fields are zero. */
export interface MemoryAccount {
  readonly nonce?: bigint
  readonly balance?: bigint
  readonly code?: Uint8Array
  readonly storage?: ReadonlyMap<bigint, bigint>
}

/** A whole world state in memory: for tests, and for calls over state that no database holds. */
export class MemoryView implements StateView {
  readonly #accounts = new Map<Address, Account>()
  readonly #storage = new Map<Address, Map<bigint, bigint>>()
  readonly #codes = new Map<Hash, Uint8Array>()

  constructor(accounts: Iterable<readonly [Address, MemoryAccount]> = []) {
    for (const [address, account] of accounts) this.set(address, account)
  }

  /** Replaces the account, storage included. */
  set(address: Address, { nonce = 0n, balance = 0n, code = EMPTY_BYTES, storage = new Map() }: MemoryAccount): void {
    const codeHash = keccak256Hex(code)
    this.#codes.set(codeHash, code)
    this.#accounts.set(address, { nonce, balance, codeHash })
    this.#storage.delete(address)
    for (const [slot, value] of storage) this.#setSlot(address, slot, value)
  }

  account(address: Address): Account | undefined {
    return this.#accounts.get(address)
  }

  slot(address: Address, slot: bigint): bigint {
    return this.#storage.get(address)?.get(slot) ?? 0n
  }

  code(codeHash: Hash): Uint8Array {
    if (codeHash === KECCAK_EMPTY) return EMPTY_BYTES
    const code = this.#codes.get(codeHash)
    if (!code) throw new Error(`no code with hash ${codeHash}`)
    return code
  }

  hasStorage(address: Address): boolean {
    return (this.#storage.get(address)?.size ?? 0) > 0
  }

  addresses(): IterableIterator<Address> {
    return this.#accounts.keys()
  }

  /** The account's slots that are not zero, ascending. */
  storage(address: Address): (readonly [bigint, bigint])[] {
    return [...(this.#storage.get(address) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1))
  }

  apply(diff: StateDiff): void {
    for (const [hash, code] of diff.codes) this.#codes.set(hash, code)
    for (const [address, { account, clearsStorage, slots }] of diff.accounts) {
      if (clearsStorage) this.#storage.delete(address)
      if (account?.to) this.#accounts.set(address, account.to)
      else if (account) this.#accounts.delete(address)
      for (const [slot, value] of slots ?? []) this.#setSlot(address, slot, value)
    }
  }

  #setSlot(address: Address, slot: bigint, value: bigint): void {
    const slots = this.#storage.get(address) ?? new Map<bigint, bigint>()
    if (value === 0n) slots.delete(slot)
    else slots.set(slot, value)
    if (slots.size === 0) this.#storage.delete(address)
    else this.#storage.set(address, slots)
  }
}

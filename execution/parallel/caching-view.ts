import type { Address, Hash } from '../../primitives/hex.ts'
import type { Account, StateView } from '../../storage/state-view.ts'

/**
 * A view that asks the one below at most once for the same thing. It is for one block in one thread, so it never has to
 * forget. Runs of a block share much of what they read, the code of contracts above all.
 */
export class CachingView implements StateView {
  readonly #below: StateView
  readonly #accounts = new Map<Address, Account | undefined>()
  readonly #slots = new Map<string, bigint>()
  readonly #codes = new Map<Hash, Uint8Array>()
  readonly #hasStorage = new Map<Address, boolean>()

  constructor(below: StateView) {
    this.#below = below
  }

  account(address: Address): Account | undefined {
    const known = this.#accounts.get(address)
    if (known !== undefined || this.#accounts.has(address)) return known
    const account = this.#below.account(address)
    this.#accounts.set(address, account)
    return account
  }

  slot(address: Address, slot: bigint): bigint {
    const key = `${address}/${slot.toString(16)}`
    return remember(this.#slots, key, () => this.#below.slot(address, slot))
  }

  code(codeHash: Hash): Uint8Array {
    return remember(this.#codes, codeHash, () => this.#below.code(codeHash))
  }

  hasStorage(address: Address): boolean {
    return remember(this.#hasStorage, address, () => this.#below.hasStorage(address))
  }
}

function remember<Key, Value extends bigint | boolean | Uint8Array>(
  known: Map<Key, Value>,
  key: Key,
  look: () => Value,
): Value {
  const value = known.get(key) ?? look()
  known.set(key, value)
  return value
}

import type { Address } from '../../primitives/hex.ts'

/** Accounts for which the node sends without their keys. */
export class Impersonation {
  readonly #addresses = new Set<Address>()
  /** Whether it does so for every account. */
  isAutomatic = false

  has(address: Address): boolean {
    return this.isAutomatic || this.#addresses.has(address)
  }

  add(address: Address): void {
    this.#addresses.add(address)
  }

  delete(address: Address): void {
    this.#addresses.delete(address)
  }

  /** Those that were named. */
  list(): Address[] {
    return [...this.#addresses]
  }

  clear(): void {
    this.#addresses.clear()
    this.isAutomatic = false
  }
}

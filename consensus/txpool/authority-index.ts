import type { Address } from '../../primitives/hex.ts'
import type { PooledTransaction } from './pooled-transaction.ts'

/** Which accounts the pool's transactions would delegate (EIP-7702), and how many of them each. */
export class AuthorityIndex {
  readonly #counts = new Map<Address, number>()

  has(address: Address): boolean {
    return this.#counts.has(address)
  }

  add(pooled: PooledTransaction): void {
    for (const authority of pooled.authorities) this.#counts.set(authority, (this.#counts.get(authority) ?? 0) + 1)
  }

  remove(pooled: PooledTransaction): void {
    for (const authority of pooled.authorities) {
      const count = (this.#counts.get(authority) ?? 0) - 1
      if (count > 0) this.#counts.set(authority, count)
      else this.#counts.delete(authority)
    }
  }
}

import type { Address } from '../../primitives/hex.ts'
import { effectiveTip } from '../../primitives/transaction.ts'
import type { PooledTransaction } from './pooled-transaction.ts'

interface Entry {
  readonly pooled: PooledTransaction
  /**
   * The least effective tip of this one and all before it: what including it is worth, since it cannot be included
   * without them. So a dear transaction behind a cheap one counts as cheap, and the last one is never the dearest.
   */
  floor: bigint
  /** Wei that this one and all before it can take at most. */
  spent: bigint
}

/**
 * The transactions of one sender, ascending by nonce. Pending is the longest prefix whose nonces follow on the account's
 * without a gap and whose cost the balance covers; the rest is queued. Adding at the end costs O(1), elsewhere O(n) for
 * the n that one sender may have.
 */
export class SenderTransactions {
  readonly address: Address
  #nonce: bigint
  #balance: bigint
  #baseFee: bigint
  readonly #entries: Entry[] = []
  #pendingCount = 0

  constructor(address: Address, account: { readonly nonce: bigint; readonly balance: bigint }, baseFee: bigint) {
    this.address = address
    this.#nonce = account.nonce
    this.#balance = account.balance
    this.#baseFee = baseFee
  }

  /** The account's nonce. */
  get nonce(): bigint {
    return this.#nonce
  }

  /** Wei. */
  get balance(): bigint {
    return this.#balance
  }

  get size(): number {
    return this.#entries.length
  }

  get pendingCount(): number {
    return this.#pendingCount
  }

  get queuedCount(): number {
    return this.#entries.length - this.#pendingCount
  }

  /** Wei that the pending ones can take at most. */
  get pendingCost(): bigint {
    return this.#entries[this.#pendingCount - 1]?.spent ?? 0n
  }

  /** The account's nonce once all pending ones are executed. */
  get nextNonce(): bigint {
    return this.#nonce + BigInt(this.#pendingCount)
  }

  /** The least effective tip of all, which is also what the last one is worth; 0n when there is none. */
  get floor(): bigint {
    return this.#entries.at(-1)?.floor ?? 0n
  }

  /** The one with the highest nonce. */
  get last(): PooledTransaction | undefined {
    return this.#entries.at(-1)?.pooled
  }

  at(nonce: bigint): PooledTransaction | undefined {
    const pooled = this.#entries[this.#indexOf(nonce)]?.pooled
    return pooled?.transaction.nonce === nonce ? pooled : undefined
  }

  /** What a transaction with this nonce and effective tip would be worth: the least tip of it and all before it. */
  floorWith(nonce: bigint, tip: bigint): bigint {
    const before = this.#entries[this.#indexOf(nonce) - 1]?.floor
    return before !== undefined && before < tip ? before : tip
  }

  /** Whether a transaction with this nonce, new or a replacement, would be pending as far as nonces go. */
  isNext(nonce: bigint): boolean {
    return nonce >= this.#nonce && nonce <= this.nextNonce
  }

  /** Adds one whose nonce is not below the account's, in the place of the one with its nonce, which is returned. */
  put(pooled: PooledTransaction): PooledTransaction | undefined {
    const { nonce } = pooled.transaction
    const index = this.#indexOf(nonce)
    const replaced = this.at(nonce)
    this.#entries.splice(index, replaced ? 1 : 0, { pooled, floor: 0n, spent: 0n })
    this.#settleFrom(index)
    return replaced
  }

  /** Takes out the one with the highest nonce. */
  takeLast(): PooledTransaction | undefined {
    const entry = this.#entries.pop()
    this.#pendingCount = Math.min(this.#pendingCount, this.#entries.length)
    return entry?.pooled
  }

  remove(pooled: PooledTransaction): void {
    const index = this.#indexOf(pooled.transaction.nonce)
    if (this.#entries[index]?.pooled !== pooled) return
    this.#entries.splice(index, 1)
    this.#pendingCount = Math.min(this.#pendingCount, index)
    this.#settleFrom(index)
  }

  /** Follows the account to a new head and returns those whose nonce has been used. */
  follow(account: { readonly nonce: bigint; readonly balance: bigint }): PooledTransaction[] {
    if (account.nonce === this.#nonce && account.balance === this.#balance) return []
    this.#nonce = account.nonce
    this.#balance = account.balance
    const stale = this.#entries.splice(0, this.#indexOf(account.nonce))
    this.#pendingCount = 0
    this.#settleFrom(0)
    return stale.map((entry) => entry.pooled)
  }

  /** Values all tips at another base fee. */
  reprice(baseFee: bigint): void {
    this.#baseFee = baseFee
    this.#settleFrom(0)
  }

  pending(): PooledTransaction[] {
    return this.#entries.slice(0, this.#pendingCount).map((entry) => entry.pooled)
  }

  queued(): PooledTransaction[] {
    return this.#entries.slice(this.#pendingCount).map((entry) => entry.pooled)
  }

  /** Those that are pending now, from the `start`th on. */
  pendingFrom(start: number): PooledTransaction[] {
    return this.#entries.slice(start, this.#pendingCount).map((entry) => entry.pooled)
  }

  /** Index of the first one whose nonce is not below. */
  #indexOf(nonce: bigint): number {
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#entries[middle]!.pooled.transaction.nonce < nonce) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Makes the sums right from `index` on, then the boundary between pending and queued. */
  #settleFrom(index: number): void {
    let before = this.#entries[index - 1]
    for (let position = index; position < this.#entries.length; position++) {
      const entry = this.#entries[position]!
      const tip = effectiveTip(entry.pooled.transaction, this.#baseFee)
      entry.floor = before !== undefined && before.floor < tip ? before.floor : tip
      entry.spent = (before?.spent ?? 0n) + entry.pooled.maxCost
      before = entry
    }
    while (this.pendingCost > this.#balance) this.#pendingCount--
    while (this.#continuesPending(this.#entries[this.#pendingCount])) this.#pendingCount++
  }

  #continuesPending(entry: Entry | undefined): boolean {
    return entry !== undefined && entry.pooled.transaction.nonce === this.nextNonce && entry.spent <= this.#balance
  }
}

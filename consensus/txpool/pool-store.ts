import type { Address, Hash } from '../../primitives/hex.ts'
import { effectiveTip } from '../../primitives/transaction.ts'
import { AuthorityIndex } from './authority-index.ts'
import { EvictionOrder } from './eviction-order.ts'
import { LOCAL_SHARE, type PoolOptions } from './options.ts'
import { PoolError } from './pool-error.ts'
import type { PooledTransaction } from './pooled-transaction.ts'
import type { SenderTransactions } from './sender-transactions.ts'

/** A transaction that wants in, and what decides whether it gets room. */
interface Newcomer {
  readonly pooled: PooledTransaction
  readonly sender: SenderTransactions
  /** What it is worth: the least effective tip of it and those before it. */
  readonly floor: bigint
  readonly isPending: boolean
  readonly replaced: PooledTransaction | undefined
}

/** A transaction taken out, with the object that it may go back to. */
interface Taken {
  readonly pooled: PooledTransaction
  readonly sender: SenderTransactions
}

type Limits = Pick<PoolOptions, 'pending' | 'queued' | 'maxBytes'>

/**
 * The pool's transactions with their counts, sizes and order of eviction, always in agreement. A newcomer to a full pool
 * evicts only what is worth less than itself; only queued ones, which no fee makes executable, yield to any pending one.
 * Either it gets all the room it needs or nothing is evicted.
 */
export class PoolStore {
  readonly #limits: Limits
  readonly #all = new Map<Hash, PooledTransaction>()
  readonly #senders = new Map<Address, SenderTransactions>()
  readonly #order = new EvictionOrder()
  readonly #authorities = new AuthorityIndex()
  #baseFee: bigint
  #bytes = 0
  #queuedCount = 0

  constructor(limits: Limits, baseFee: bigint) {
    this.#limits = limits
    this.#baseFee = baseFee
  }

  get size(): number {
    return this.#all.size
  }

  get queuedCount(): number {
    return this.#queuedCount
  }

  /** Encoded, of all. */
  get bytes(): number {
    return this.#bytes
  }

  get(hash: Hash): PooledTransaction | undefined {
    return this.#all.get(hash)
  }

  sender(address: Address): SenderTransactions | undefined {
    return this.#senders.get(address)
  }

  senders(): IterableIterator<SenderTransactions> {
    return this.#senders.values()
  }

  /** A copy: the store may change meanwhile. */
  transactions(): PooledTransaction[] {
    return [...this.#all.values()]
  }

  /** Whether a transaction here would delegate the account. */
  isAuthority(address: Address): boolean {
    return this.#authorities.has(address)
  }

  /**
   * Adds a transaction to its sender's, which may be a new one, and returns all that had to go: the one with its nonce,
   * the sender's last if it is at its limit, and what was evicted. Throws PoolError `underpriced` or `pool-full`.
   */
  insert(pooled: PooledTransaction, sender: SenderTransactions, senderLimit: number): PooledTransaction[] {
    const { nonce } = pooled.transaction
    const replaced = sender.at(nonce)
    const taken: Taken[] = []
    if (replaced === undefined && sender.size >= senderLimit) taken.push(this.#takeLast(sender))
    const floor = sender.floorWith(nonce, effectiveTip(pooled.transaction, this.#baseFee))
    this.#makeRoom({ pooled, sender, floor, isPending: sender.isNext(nonce), replaced }, taken)
    if (replaced) this.#account(replaced, -1)
    this.#put(pooled, sender)
    const removed = taken.map((each) => each.pooled)
    return replaced ? [...removed, replaced] : removed
  }

  remove(pooled: PooledTransaction): void {
    const sender = this.#senders.get(pooled.sender)
    if (sender === undefined || this.#all.get(pooled.hash) !== pooled) return
    this.#account(pooled, -1)
    this.#change(sender, () => sender.remove(pooled))
  }

  /** Brings a sender to the state of its account, and returns those whose nonce has been used. */
  follow(
    sender: SenderTransactions,
    account: { readonly nonce: bigint; readonly balance: bigint },
  ): PooledTransaction[] {
    const stale = this.#change(sender, () => sender.follow(account))
    for (const pooled of stale) this.#account(pooled, -1)
    return stale
  }

  /** Values everything at another base fee, in wei per gas. */
  reprice(baseFee: bigint): void {
    if (baseFee === this.#baseFee) return
    this.#baseFee = baseFee
    for (const sender of this.#senders.values()) sender.reprice(baseFee)
    this.#order.rebuild(this.#senders.values())
  }

  /** Removes and returns what the queue holds beyond its limit, after pending ones fell back into it. */
  trimQueue(): PooledTransaction[] {
    const removed: PooledTransaction[] = []
    while (this.#queuedCount > this.#limits.queued) {
      const victim = this.#order.firstQueued()
      if (victim === undefined) break
      removed.push(this.#takeLast(victim).pooled)
    }
    return removed
  }

  /** Adds what it takes out to `taken`; puts it all back when it is not enough. */
  #makeRoom(newcomer: Newcomer, taken: Taken[]): void {
    for (let shortage = this.#shortage(newcomer); shortage !== undefined; shortage = this.#shortage(newcomer)) {
      const victim = this.#victimFor(newcomer, shortage)
      if (victim !== undefined && yieldsTo(victim, newcomer)) {
        taken.push(this.#takeLast(victim))
        continue
      }
      const required = (victim?.floor ?? 0n) + 1n + this.#baseFee
      for (const { pooled, sender } of taken.reverse()) this.#put(pooled, sender)
      if (victim === undefined) throw new PoolError('pool-full', 'txpool is full')
      throw new PoolError('underpriced', 'transaction underpriced: txpool is full', { required })
    }
  }

  #shortage({ pooled, isPending, replaced }: Newcomer): 'pool' | 'queue' | undefined {
    const { pending, queued, maxBytes } = this.#limits
    const share = (limit: number) => (pooled.isPrivileged ? limit + Math.ceil(limit / LOCAL_SHARE) : limit)
    const count = this.#all.size + (replaced ? 0 : 1)
    const bytes = this.#bytes + pooled.bytes - (replaced?.bytes ?? 0)
    if (count > share(pending + queued) || bytes > share(maxBytes)) return 'pool'
    if (!isPending && !replaced && this.#queuedCount + 1 > share(queued)) return 'queue'
    return undefined
  }

  #victimFor({ pooled }: Newcomer, shortage: 'pool' | 'queue'): SenderTransactions | undefined {
    if (shortage === 'queue') return this.#order.firstQueued()
    return pooled.isPrivileged ? this.#order.firstOrPrivileged() : this.#order.first()
  }

  #takeLast(sender: SenderTransactions): Taken {
    const pooled = this.#change(sender, () => sender.takeLast())!
    this.#account(pooled, -1)
    return { pooled, sender }
  }

  #put(pooled: PooledTransaction, sender: SenderTransactions): void {
    this.#senders.set(sender.address, sender)
    this.#account(pooled, 1)
    this.#change(sender, () => sender.put(pooled))
  }

  /** Changes one sender and everything that depends on it. */
  #change<T>(sender: SenderTransactions, change: () => T): T {
    const queuedBefore = sender.queuedCount
    const result = change()
    this.#queuedCount += sender.queuedCount - queuedBefore
    this.#order.place(sender)
    if (sender.size === 0) this.#senders.delete(sender.address)
    return result
  }

  #account(pooled: PooledTransaction, sign: 1 | -1): void {
    this.#bytes += sign * pooled.bytes
    if (sign > 0) {
      this.#all.set(pooled.hash, pooled)
      this.#authorities.add(pooled)
    } else {
      this.#all.delete(pooled.hash)
      this.#authorities.remove(pooled)
    }
  }
}

/** Whether the victim's last transaction may be evicted for the newcomer. */
function yieldsTo(victim: SenderTransactions, { pooled, sender, floor, isPending }: Newcomer): boolean {
  // Never for one that comes after it: that would open the gap it falls into.
  if (victim === sender && victim.last!.transaction.nonce <= pooled.transaction.nonce) return false
  return (isPending && victim.queuedCount > 0) || floor > victim.floor
}

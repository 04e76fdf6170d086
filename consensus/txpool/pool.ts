import { EventEmitter } from 'node:events'
import { verifySidecar } from '../../primitives/blob-transaction.ts'
import { CodedError, DecodeError } from '../../primitives/errors.ts'
import type { Address, Hash } from '../../primitives/hex.ts'
import {
  type BlobSidecar,
  type BlobTransaction,
  type Transaction,
  transactionHash,
} from '../../primitives/transaction.ts'
import type { CanonicalBlock } from '../head-change.ts'
import { checkAccountTerms, checkCode, checkDelegatedSender, senderLimit } from './account-terms.ts'
import { orderCandidates } from './candidates.ts'
import { checkRules, inspect } from './inspect.ts'
import { decodeJournalEntry, type JournalEntry, JournalWriter } from './journal-writer.ts'
import type { NextBlock, PoolModules } from './modules.ts'
import { DEFAULT_POOL_OPTIONS, type PoolOptions } from './options.ts'
import { PoolError } from './pool-error.ts'
import { PoolStore } from './pool-store.ts'
import type { PooledTransaction } from './pooled-transaction.ts'
import { maxCostOf } from './prices.ts'
import { SenderTransactions } from './sender-transactions.ts'

/**
 * `transaction`: one became pending for the first time. `queued`: one was taken but has to wait, for a nonce before it or
 * for funds. `returned`: besides, one came back out of a block that lost; those who made the other block may not know it.
 */
type PoolEvent = 'transaction' | 'queued' | 'returned'
type PoolListener = (transaction: Transaction, hash: Hash, isLocal: boolean) => void

/** How a transaction came here. */
export interface Arrival {
  readonly sidecar?: BlobSidecar | undefined
  /** From a user of this node. */
  readonly local: boolean
}

/** The pool's transactions by sender, ascending by nonce. */
export interface PoolContent {
  readonly pending: ReadonlyMap<Address, readonly PooledTransaction[]>
  readonly queued: ReadonlyMap<Address, readonly PooledTransaction[]>
}

/** The part of a change of head that the pool looks at. */
type PoolHeadChange = { readonly [Side in 'added' | 'removed']: readonly Pick<CanonicalBlock, 'block'>[] }

/** How often the queue is looked through for what waited too long. */
const EXPIRY_INTERVAL_MS = 60_000

/**
 * The transactions that wait to be mined. Pending ones can be executed now, one after the other, on the head's state;
 * queued ones wait for a nonce or for funds. Everything about room and prices is decided in `PoolStore`.
 */
export class TxPool {
  readonly #options: PoolOptions
  readonly #modules: PoolModules
  readonly #now: () => number
  readonly #events = new EventEmitter<Record<PoolEvent, Parameters<PoolListener>>>()
  readonly #journal: JournalWriter
  readonly #store: PoolStore
  /** Blob transactions whose proofs are being checked. */
  readonly #checking = new Set<Hash>()
  readonly #announced = new WeakSet<PooledTransaction>()
  #next: NextBlock
  #sequence = 0
  #lastExpiryMs: number
  #isClosed = false

  constructor(options: Partial<PoolOptions> & Pick<PoolOptions, 'chainId'>, modules: PoolModules) {
    this.#options = { ...DEFAULT_POOL_OPTIONS, ...options }
    this.#modules = modules
    this.#now = modules.now ?? Date.now
    this.#journal = new JournalWriter(modules.journal, modules.log)
    this.#next = modules.nextBlock()
    this.#store = new PoolStore(this.#options, this.#next.baseFeePerGas)
    this.#lastExpiryMs = this.#now()
  }

  on(event: PoolEvent, listener: PoolListener): void {
    this.#events.on(event, listener)
  }

  off(event: PoolEvent, listener: PoolListener): void {
    this.#events.off(event, listener)
  }

  /** Takes in what the journal holds. To be called once, before transactions come. */
  async load(): Promise<void> {
    const decoded: (JournalEntry & { readonly hash: string })[] = []
    for await (const [hash, value] of this.#modules.journal?.entries() ?? []) {
      try {
        decoded.push({ hash, ...decodeJournalEntry(value) })
      } catch (error) {
        this.#journal.delete(hash)
        this.#modules.log?.warn({ hash, err: error }, 'txpool journal entry dropped')
      }
    }
    decoded.sort((a, b) => Number(a.transaction.nonce - b.transaction.nonce))
    for (const { hash, transaction, sidecar, isLocal } of decoded) {
      const admit = () => this.#tryAdmit(transaction, { sidecar, local: isLocal })
      const isTaken = await (this.#modules.fetched?.(admit) ?? admit())
      if (!isTaken) this.#journal.delete(hash)
    }
  }

  /** Writes the rest of the journal; afterwards nothing is taken any more. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#journal.flush()
  }

  /**
   * Takes a transaction, and resolves with its hash; a local one is in the journal by then, and settled. Throws PoolError,
   * or TransactionError when no block could hold it.
   */
  async add(transaction: Transaction, arrival: Arrival): Promise<Hash> {
    if (this.#isClosed) throw new PoolError('closed', 'the node is shutting down')
    const pooled = this.#inspect(transaction, arrival)
    if (transaction.type === 3) await this.#checkBlobs(pooled, transaction)
    const { fetched } = this.#modules
    // It reads before it changes anything. The same transaction may have come while this one waited.
    if (fetched === undefined) this.#admit(pooled)
    else await fetched(() => this.#admitNew(pooled))
    if (arrival.local) {
      await this.#journal.flush()
      await this.#modules.settle?.(pooled.hash)
    }
    return pooled.hash
  }

  get(hash: Hash): Transaction | undefined {
    return this.#store.get(hash)?.transaction
  }

  /** With its sidecar, sender and costs. */
  pooled(hash: Hash): PooledTransaction | undefined {
    return this.#store.get(hash)
  }

  has(hash: Hash): boolean {
    return this.#store.get(hash) !== undefined
  }

  /** The account's nonce after all its pending transactions; a promise of it where the state may have to be waited for. */
  nextNonce(address: Address): bigint | Promise<bigint> {
    const known = this.#store.sender(address)?.nextNonce
    if (known !== undefined) return known
    const read = () => this.#account(address).nonce
    return this.#modules.fetched?.(read) ?? read()
  }

  /** Whether it has no transaction at all. */
  get isEmpty(): boolean {
    return this.#store.size === 0
  }

  /** Numbers of transactions. */
  status(): { readonly pending: number; readonly queued: number } {
    const { size, queuedCount } = this.#store
    return { pending: size - queuedCount, queued: queuedCount }
  }

  content(): PoolContent {
    const pending = new Map<Address, readonly PooledTransaction[]>()
    const queued = new Map<Address, readonly PooledTransaction[]>()
    for (const sender of this.#store.senders()) {
      if (sender.pendingCount > 0) pending.set(sender.address, sender.pending())
      if (sender.queuedCount > 0) queued.set(sender.address, sender.queued())
    }
    return { pending, queued }
  }

  /**
   * What a block with these base fees (wei per gas and per blob gas) may hold, the best effective tip first, each
   * sender's by nonce.
   */
  candidates(baseFee: bigint, blobBaseFee: bigint, maxCount = Number.POSITIVE_INFINITY): Transaction[] {
    const runs: PooledTransaction[][] = []
    for (const sender of this.#store.senders()) if (sender.pendingCount > 0) runs.push(sender.pending())
    return orderCandidates(runs, baseFee, blobBaseFee, maxCount)
  }

  /**
   * Follows the chain: what was mined goes, what became executable is announced, and what was only in blocks that lost
   * comes back.
   */
  onHead(change: PoolHeadChange): void {
    this.#followNext()
    for (const address of this.#changedSenders(change)) this.#follow(address)
    this.#dropExpired()
    this.#reinject(change)
    this.#forget(this.#store.trimQueue())
  }

  /** Follows accounts, and what is known of the next block, where no block has changed them. */
  refresh(): void {
    this.#followNext()
    for (const { address } of [...this.#store.senders()]) this.#follow(address)
    this.#forget(this.#store.trimQueue())
  }

  /** All transactions, in the order in which they came. */
  transactions(): PooledTransaction[] {
    return this.#store.transactions().sort((a, b) => a.sequence - b.sequence)
  }

  /** Takes out those that are wanted out. Returns how many that were. */
  drop(isUnwanted: (pooled: PooledTransaction) => boolean): number {
    const unwanted = this.#store.transactions().filter(isUnwanted)
    for (const pooled of unwanted) this.#store.remove(pooled)
    this.#forget(unwanted)
    return unwanted.length
  }

  /**
   * Has these instead of what it has, which it had before: whatever has become of their senders, but for those whose nonce has been
   * used.
   */
  replaceAll(transactions: readonly PooledTransaction[]): void {
    this.drop(() => true)
    for (const pooled of transactions) {
      const sender = this.#senderOf(pooled)
      if (pooled.transaction.nonce < sender.nonce) continue
      this.#forget(this.#store.insert(pooled, sender, senderLimit(pooled, this.#options.perSender)))
      this.#journal.put(pooled)
    }
  }

  #followNext(): void {
    const before = this.#next
    this.#next = this.#modules.nextBlock()
    this.#store.reprice(this.#next.baseFeePerGas)
    if (before.rules !== this.#next.rules || before.gasLimit > this.#next.gasLimit) this.#dropUnfit()
  }

  #account(address: Address): { readonly nonce: bigint; readonly balance: bigint } {
    return this.#modules.state().account(address) ?? { nonce: 0n, balance: 0n }
  }

  #inspect(transaction: Transaction, { sidecar, local }: Arrival): PooledTransaction {
    const hash = transactionHash(transaction)
    if (this.has(hash) || this.#checking.has(hash)) throw alreadyKnown(hash)
    const inspected = inspect({ transaction, sidecar }, this.#options, this.#next, this.#modules.senders)
    return {
      transaction,
      hash,
      sidecar,
      ...inspected,
      isLocal: local,
      isPrivileged: local && this.#options.localSenders.has(inspected.sender),
      maxCost: maxCostOf(transaction),
      addedAtMs: this.#now(),
      sequence: this.#sequence++,
    }
  }

  /** Checking the proofs is slow, so it comes last, and the account is asked again afterwards. */
  async #checkBlobs(pooled: PooledTransaction, transaction: BlobTransaction): Promise<void> {
    if (pooled.sidecar === undefined)
      throw new PoolError('missing-sidecar', 'a blob transaction must come with its blobs')
    const check = () => this.#checkTerms(pooled, this.#senderOf(pooled))
    const { fetched } = this.#modules
    if (fetched === undefined) check()
    else {
      await fetched(check)
      if (this.has(pooled.hash) || this.#checking.has(pooled.hash)) throw alreadyKnown(pooled.hash)
    }
    this.#checking.add(pooled.hash)
    try {
      await verifySidecar(transaction, pooled.sidecar)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      throw new PoolError('invalid-sidecar', error.message, {}, { cause: error })
    } finally {
      this.#checking.delete(pooled.hash)
    }
    if (this.#isClosed) throw new PoolError('closed', 'the node is shutting down')
  }

  #senderOf({ sender }: PooledTransaction): SenderTransactions {
    return this.#store.sender(sender) ?? new SenderTransactions(sender, this.#account(sender), this.#next.baseFeePerGas)
  }

  #checkTerms(pooled: PooledTransaction, sender: SenderTransactions): void {
    const isDelegated = checkCode(pooled, this.#modules.state())
    checkAccountTerms(pooled, sender, this.#options)
    if (isDelegated || this.#store.isAuthority(pooled.sender)) checkDelegatedSender(pooled, sender)
    for (const authority of pooled.authorities) {
      if ((this.#store.sender(authority)?.size ?? 0) > 1) {
        throw new PoolError('authority-in-flight', 'an authority has several transactions in flight', { authority })
      }
    }
  }

  #admitNew(pooled: PooledTransaction): void {
    if (this.has(pooled.hash)) throw alreadyKnown(pooled.hash)
    this.#admit(pooled)
  }

  #admit(pooled: PooledTransaction): void {
    const sender = this.#senderOf(pooled)
    this.#checkTerms(pooled, sender)
    const pendingBefore = sender.pendingCount
    const removed = this.#store.insert(pooled, sender, senderLimit(pooled, this.#options.perSender))
    this.#forget(removed)
    this.#journal.put(pooled)
    this.#forget(this.#store.trimQueue())
    const isPending = pooled.transaction.nonce < sender.nextNonce
    if (isPending) this.#announce(pooled)
    else this.#events.emit('queued', pooled.transaction, pooled.hash, pooled.isLocal)
    this.#announcePendingFrom(sender, pendingBefore)
  }

  /** `false` when the pool does not want it, for whatever reason of its own. */
  #tryAdmit(transaction: Transaction, arrival: Arrival): boolean {
    try {
      this.#admit(this.#inspect(transaction, arrival))
      return true
    } catch (error) {
      if (error instanceof CodedError) return false
      throw error
    }
  }

  #announce(pooled: PooledTransaction): void {
    if (this.#announced.has(pooled)) return
    this.#announced.add(pooled)
    this.#events.emit('transaction', pooled.transaction, pooled.hash, pooled.isLocal)
  }

  #announcePendingFrom(sender: SenderTransactions, start: number): void {
    for (const pooled of sender.pendingFrom(start)) this.#announce(pooled)
  }

  #forget(removed: readonly PooledTransaction[]): void {
    for (const { hash } of removed) this.#journal.delete(hash)
  }

  /** Senders whose account the change may have touched: those in the access lists, all when a block has none. */
  #changedSenders({ added, removed }: PoolHeadChange): Iterable<Address> {
    const changed = new Set<Address>()
    for (const { block } of [...added, ...removed]) {
      if (block.accessList === undefined) return [...this.#store.senders()].map((sender) => sender.address)
      for (const { address } of block.accessList) changed.add(address)
    }
    return changed
  }

  #follow(address: Address): void {
    const sender = this.#store.sender(address)
    if (sender === undefined) return
    this.#forget(this.#store.follow(sender, this.#account(address)))
    this.#announcePendingFrom(sender, 0)
  }

  /** After a hardfork, or under a lower gas limit, some can never be mined. */
  #dropUnfit(): void {
    for (const pooled of this.#store.transactions()) {
      try {
        checkRules(pooled.transaction, this.#options, this.#next)
      } catch (error) {
        if (!(error instanceof CodedError)) throw error
        this.#store.remove(pooled)
        this.#forget([pooled])
      }
    }
  }

  #dropExpired(): void {
    const now = this.#now()
    if (now - this.#lastExpiryMs < EXPIRY_INTERVAL_MS) return
    this.#lastExpiryMs = now
    for (const sender of [...this.#store.senders()]) {
      for (const pooled of sender.queued()) {
        if (now - pooled.addedAtMs < this.#options.queuedLifetimeMs) continue
        this.#store.remove(pooled)
        this.#forget([pooled])
      }
    }
  }

  #reinject({ added, removed }: PoolHeadChange): void {
    if (removed.length === 0) return
    const mined = new Set(added.flatMap(({ block }) => block.transactions.map(transactionHash)))
    for (const { block } of [...removed].reverse()) {
      for (const transaction of block.transactions) {
        const hash = transactionHash(transaction)
        if (mined.has(hash) || !this.#tryAdmit(transaction, { local: false })) continue
        this.#events.emit('returned', transaction, hash, false)
      }
    }
  }
}

function alreadyKnown(hash: Hash): PoolError {
  return new PoolError('already-known', 'already known', { hash })
}

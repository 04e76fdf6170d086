import { PoolError, type PoolErrorCode } from '../consensus/txpool/pool-error.ts'
import type { PooledTransaction } from '../consensus/txpool/pooled-transaction.ts'
import type { Log } from '../execution/parallel/log.ts'
import { TransactionError } from '../execution/transaction/transaction-error.ts'
import {
  decodeNetworkTransaction,
  encodeNetworkTransaction,
  type NetworkTransaction,
} from '../primitives/blob-transaction.ts'
import { DecodeError } from '../primitives/errors.ts'
import type { Hash } from '../primitives/hex.ts'
import type { Gossip, Verdict } from './gossip.ts'
import { transactionsMessage } from './messages.ts'
import type { NetworkPool } from './modules.ts'
import type { NetworkLimits } from './options.ts'
import { RecentSet } from './recent-set.ts'

interface Options {
  readonly topic: string
  readonly limits: Pick<NetworkLimits, 'maxGossipBytes' | 'maxTransactionBatch'>
}

interface Modules {
  readonly gossip: Pick<Gossip, 'publish' | 'subscribe'>
  readonly txpool: Pick<NetworkPool, 'add' | 'pooled'>
  readonly log: Log
}

/** A burst of transactions over RPC becomes a few messages instead of one each. */
const BATCH_WINDOW_MS = 10
/** A message is closed once it has this many bytes: small ones are passed on sooner. */
const BATCH_BYTES = 64 * 1024
/** Hashes remembered so as not to publish a transaction twice: more than a pool holds. */
const REMEMBERED = 16_384
/** RLP around a transaction in a batch. */
const ITEM_OVERHEAD_BYTES = 10

/** What the pool refuses whatever the state: whoever passed it on has not checked it. */
const PROVABLY_INVALID: ReadonlySet<PoolErrorCode> = new Set<PoolErrorCode>([
  'invalid-signature',
  'missing-sidecar',
  'invalid-sidecar',
  'unexpected-sidecar',
])

/** Whether an error of the pool proves that the transaction can never be valid, to us or to who sent it. */
export function provesInvalid(error: unknown): boolean {
  if (error instanceof PoolError) return PROVABLY_INVALID.has(error.code)
  // At a hardfork the sender may already know a type that we do not.
  return error instanceof TransactionError && error.code !== 'transaction-type-not-supported'
}

/** New transactions, in small batches. A message is passed on if the pool took any of it, and none was provably invalid. */
export class TransactionGossip {
  readonly #options: Options
  readonly #modules: Modules
  readonly #published = new RecentSet<Hash>(REMEMBERED)
  #waiting: Hash[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(options: Options, modules: Modules) {
    this.#options = options
    this.#modules = modules
    modules.gossip.subscribe(options.topic, (data) => this.#validate(data))
  }

  /** Sends what is in the pool under these hashes, soon; what was sent lately is left out. */
  publish(hashes: Iterable<Hash>): void {
    for (const hash of hashes) if (this.#published.add(hash)) this.#waiting.push(hash)
    this.#flushSoon()
  }

  /** Sends what may have been sent before, when others were connected. */
  publishAgain(hash: Hash): void {
    this.#published.add(hash)
    this.#waiting.push(hash)
    this.#flushSoon()
  }

  #flushSoon(): void {
    if (this.#waiting.length > 0) this.#timer ??= setTimeout(() => void this.#flush(), BATCH_WINDOW_MS)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#waiting = []
  }

  async #flush(): Promise<void> {
    this.#timer = undefined
    const waiting = this.#waiting
    this.#waiting = []
    // In turn, so that nonces arrive in order.
    for (const batch of this.#batches(waiting)) {
      try {
        await this.#modules.gossip.publish(this.#options.topic, transactionsMessage.encode(batch))
      } catch (error) {
        this.#modules.log.warn({ err: error, transactions: batch.length }, 'transactions not published')
      }
    }
  }

  *#batches(hashes: readonly Hash[]): Generator<Uint8Array[]> {
    let batch: Uint8Array[] = []
    let bytes = 0
    for (const pooled of hashes.map((hash) => this.#modules.txpool.pooled(hash)).filter(isSendable)) {
      const encoded = encodeNetworkTransaction(pooled.transaction, pooled.sidecar)
      if (batch.length === this.#options.limits.maxTransactionBatch || bytes + encoded.length > BATCH_BYTES) {
        if (batch.length > 0) yield batch
        batch = []
        bytes = 0
      }
      if (encoded.length + ITEM_OVERHEAD_BYTES > this.#options.limits.maxGossipBytes) continue
      batch.push(encoded)
      bytes += encoded.length
    }
    if (batch.length > 0) yield batch
  }

  async #validate(data: Uint8Array): Promise<Verdict> {
    let transactions: NetworkTransaction[]
    try {
      transactions = this.#decode(data)
    } catch (error) {
      if (error instanceof DecodeError) return 'reject'
      throw error
    }
    let isNew = false
    for (const { transaction, sidecar } of transactions) {
      try {
        const hash = await this.#modules.txpool.add(transaction, { sidecar, local: false })
        // The message carries it on; it need not be published once more when it is promoted.
        this.#published.add(hash)
        isNew = true
      } catch (error) {
        if (provesInvalid(error)) return 'reject'
        if (!(error instanceof PoolError || error instanceof TransactionError)) throw error
      }
    }
    return isNew ? 'accept' : 'ignore'
  }

  #decode(data: Uint8Array): NetworkTransaction[] {
    const items = transactionsMessage.decode(data)
    if (items.length < 1 || items.length > this.#options.limits.maxTransactionBatch) {
      throw new DecodeError(`transactions: a batch of ${items.length}`)
    }
    return items.map(decodeNetworkTransaction)
  }
}

/** A blob transaction that came back out of a lost block has no blobs any more. */
function isSendable(pooled: PooledTransaction | undefined): pooled is PooledTransaction {
  return pooled !== undefined && (pooled.transaction.type !== 3 || pooled.sidecar !== undefined)
}

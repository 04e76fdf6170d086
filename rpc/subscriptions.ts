import { randomBytes } from 'node:crypto'
import type { Hash, Hex } from '../primitives/hex.ts'
import { quantityToHex } from '../primitives/hex.ts'
import { findTransaction } from './block-lookup.ts'
import type { ChainNews, HeadStep } from './chain-news.ts'
import { RpcError } from './errors.ts'
import { formatHeader } from './format/block.ts'
import { formatSyncStatus } from './format/sync-status.ts'
import { formatTransaction, senderOf } from './format/transaction.ts'
import type { Journal } from './journal.ts'
import { formatFound, LogMatcher } from './log-matcher.ts'
import type { Connection } from './method.ts'
import type { RpcModules, SyncStatus } from './modules.ts'
import type { RpcOptions } from './options.ts'
import type { LogQuery } from './parameters.ts'

/** What a subscription is told of. */
export type SubscriptionSubject =
  | { readonly kind: 'newHeads' | 'syncing' }
  | { readonly kind: 'logs'; readonly query: LogQuery }
  | { readonly kind: 'newPendingTransactions'; readonly full: boolean }

/** What a subscription has to say, entry by entry of a journal. */
interface Source {
  readonly journal: Pick<Journal<unknown>, 'start' | 'end'>
  /** Where one begins who comes now. */
  readonly first: number
  at(position: number): Iterable<unknown>
}

interface Subscription extends Source {
  readonly id: Hex
  /** Addresses and topics. */
  readonly size: number
  /** Of the entry that is told next, and how much of that has been. */
  position: number
  told: number
  /** Its client knows it. */
  isAnnounced: boolean
}

/** Addresses and topics of all subscriptions of a connection, for each that it may have: 100 bytes each. */
const MAX_MEAN_SIZE = 100

/** After this time others get their turn. */
const TURN_MS = 10

const FELL_BEHIND = 'subscriptions fell behind: the connection is read too slowly'

type Options = Pick<RpcOptions, 'maxSubscriptionsPerConnection'>

type Modules = Pick<RpcModules, 'blocks' | 'chain' | 'pool' | 'log'> & { readonly news: ChainNews }

/**
 * eth_subscribe: pushes to WebSockets what happens to the chain and the pool. After a reorg `newHeads` tells every block of
 * the new branch and `logs` first those that left, with `removed: true`.
 *
 * A client is sent as much as it takes; what waits for it is a place in the news. One that falls behind what is kept there
 * would miss something: it is cut, with the reason.
 */
export class SubscriptionHub {
  readonly #options: Options
  readonly #modules: Modules
  readonly #subscriptions = new Map<Connection, Map<Hex, Subscription>>()
  /** For whom there may be something. */
  readonly #ready = new Set<Connection>()
  /** Those that tell when there is room again. */
  readonly #waiting = new WeakSet<Connection>()
  #nextTurn: NodeJS.Immediate | undefined

  constructor(options: Options, modules: Modules) {
    this.#options = options
    this.#modules = modules
  }

  close(): void {
    clearImmediate(this.#nextTurn)
    this.#subscriptions.clear()
    this.#ready.clear()
  }

  /**
   * The id of the new subscription, and what is to be called when the client has been told of it: no news comes before.
   * Throws -32005 when the connection has too many, -32602 for a range of blocks that is none.
   */
  subscribe(connection: Connection, subject: SubscriptionSubject): { readonly id: Hex; announce(): void } {
    const { maxSubscriptionsPerConnection: maximum } = this.#options
    const logs = subject.kind === 'logs' ? new LogMatcher(subject.query) : undefined
    const source = this.#source(subject, logs)
    const mine = this.#subscriptions.get(connection) ?? this.#welcome(connection)
    if (mine.size >= maximum) {
      throw new RpcError('limit-exceeded', 'too many subscriptions on this connection')
    }
    const size = logs?.size ?? 0
    if (mine.values().reduce((sum, each) => sum + each.size, size) > maximum * MAX_MEAN_SIZE) {
      throw new RpcError('limit-exceeded', 'too many addresses and topics in subscriptions of this connection')
    }
    const id = quantityToHex(BigInt(`0x${randomBytes(16).toString('hex')}`))
    const subscription = { ...source, id, size, position: source.first, told: 0, isAnnounced: false }
    mine.set(id, subscription)
    const announce = () => {
      subscription.isAnnounced = true
      this.#wake(connection)
    }
    return { id, announce }
  }

  /** Whether the connection had such a subscription. */
  unsubscribe(connection: Connection, id: Hex): boolean {
    return this.#subscriptions.get(connection)?.delete(id) ?? false
  }

  /** To be called when there is news. */
  tell(): void {
    for (const connection of this.#subscriptions.keys()) this.#ready.add(connection)
    this.#takeTurn()
  }

  #welcome(connection: Connection): Map<Hex, Subscription> {
    const mine = new Map<Hex, Subscription>()
    this.#subscriptions.set(connection, mine)
    connection.onClose(() => this.#forget(connection))
    return mine
  }

  #forget(connection: Connection): void {
    this.#subscriptions.delete(connection)
    this.#ready.delete(connection)
  }

  #wake(connection: Connection): void {
    if (!this.#subscriptions.has(connection)) return
    this.#ready.add(connection)
    this.#takeTurn()
  }

  /** Who is not through when the time is over goes on in the next turn, after the others. */
  #takeTurn(): void {
    if (this.#nextTurn !== undefined) return
    const endMs = performance.now() + TURN_MS
    for (const connection of this.#ready) {
      this.#ready.delete(connection)
      if (!this.#serve(connection, endMs)) {
        this.#ready.add(connection)
        this.#nextTurn = setImmediate(() => {
          this.#nextTurn = undefined
          this.#takeTurn()
        })
        return
      }
    }
  }

  /** Tells what there is room for. `false`: the time is over, and there is more. */
  #serve(connection: Connection, endMs: number): boolean {
    for (const subscription of this.#subscriptions.get(connection)?.values() ?? []) {
      const { journal, isAnnounced } = subscription
      while (isAnnounced && subscription.position < journal.end) {
        if (performance.now() > endMs) return false
        if (subscription.position < journal.start) {
          this.#forget(connection)
          connection.close(FELL_BEHIND)
          return true
        }
        if (!connection.hasRoom) return this.#waitForRoom(connection)
        for (const result of this.#untold(subscription)) {
          if (!connection.hasRoom) return this.#waitForRoom(connection)
          subscription.told += 1
          const params = { subscription: subscription.id, result }
          connection.send(JSON.stringify({ jsonrpc: '2.0', method: 'eth_subscription', params }))
        }
        subscription.position += 1
        subscription.told = 0
      }
    }
    return true
  }

  #waitForRoom(connection: Connection): true {
    if (this.#waiting.has(connection)) return true
    this.#waiting.add(connection)
    connection.onRoom(() => {
      this.#waiting.delete(connection)
      this.#wake(connection)
    })
    return true
  }

  /** What cannot be read from the database is left out, and logged: clients and chain go on. */
  *#untold({ at, position, told }: Subscription): Generator<unknown> {
    try {
      let index = 0
      for (const result of at(position)) if (index++ >= told) yield result
    } catch (error) {
      this.#modules.log.error({ err: error }, 'a subscription could not be told')
    }
  }

  #source(subject: SubscriptionSubject, logs: LogMatcher | undefined): Source {
    const { news } = this.#modules
    switch (subject.kind) {
      case 'newHeads':
        return sourceOf(news.steps, (step) => this.#heads(step))
      case 'logs':
        return sourceOf(news.steps, (step) => this.#logs(step, logs))
      case 'newPendingTransactions':
        return sourceOf(news.transactions, (hash) => (subject.full ? this.#transactions(hash) : [hash]))
      case 'syncing':
        // How it is now is told at once.
        return { ...sourceOf(news.syncing, syncNews), first: news.syncing.end - 1 }
    }
  }

  *#heads({ hash, removed }: HeadStep): Generator<unknown> {
    const header = removed ? undefined : this.#modules.blocks.header(hash)
    if (header !== undefined) yield formatHeader(header, hash)
  }

  *#logs(step: HeadStep, logs: LogMatcher | undefined): Generator<unknown> {
    for (const found of logs?.of(step, this.#modules) ?? []) yield formatFound(found)
  }

  /** One that has left the pool again, and is in no block, is not told. */
  *#transactions(hash: Hash): Generator<unknown> {
    const transaction = this.#modules.pool.get(hash) ?? findTransaction(hash, this.#modules)
    if (transaction !== undefined) yield formatTransaction(transaction, senderOf(transaction))
  }
}

function sourceOf<Entry>(journal: Journal<Entry>, tell: (entry: Entry) => Iterable<unknown>): Source {
  return {
    journal,
    first: journal.end,
    at: (position) => {
      const entry = journal.at(position)
      return entry === undefined ? [] : tell(entry)
    },
  }
}

/** As go-ethereum has it. */
function syncNews(status: SyncStatus): readonly unknown[] {
  return [status.syncing ? { syncing: true, status: formatSyncStatus(status) } : false]
}

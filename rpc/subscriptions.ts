import { randomBytes } from 'node:crypto'
import type { HeadChange } from '../consensus/head-change.ts'
import type { Hash, Hex } from '../primitives/hex.ts'
import { quantityToHex } from '../primitives/hex.ts'
import type { Transaction } from '../primitives/transaction.ts'
import { RpcError } from './errors.ts'
import { changedLogs } from './filters.ts'
import { follow } from './follow.ts'
import { formatHeader } from './format/block.ts'
import { formatTransaction, senderOf } from './format/transaction.ts'
import type { Connection } from './method.ts'
import type { RpcModules } from './modules.ts'
import type { RpcOptions } from './options.ts'
import type { LogQuery } from './parameters.ts'

/** What a subscription is told of. */
export type SubscriptionSubject =
  | { readonly kind: 'newHeads' }
  | { readonly kind: 'logs'; readonly query: LogQuery }
  | { readonly kind: 'newPendingTransactions'; readonly full: boolean }

type Options = Pick<RpcOptions, 'maxSubscriptionsPerConnection'>

/**
 * eth_subscribe: pushes to WebSockets what happens to the chain and the pool. After a reorg `newHeads` tells every
 * block of the new branch and `logs` first those that left, with `removed: true`.
 */
export class SubscriptionHub {
  readonly #options: Options
  readonly #unfollow: () => void
  readonly #subscriptions = new Map<Connection, Map<Hex, SubscriptionSubject>>()

  constructor(options: Options, modules: Pick<RpcModules, 'chain' | 'pool' | 'log'>) {
    this.#options = options
    this.#unfollow = follow(modules, {
      onHead: (change) => this.#onHead(change),
      onTransaction: (transaction, hash) => this.#onTransaction(transaction, hash),
    })
  }

  close(): void {
    this.#unfollow()
    this.#subscriptions.clear()
  }

  /** The id of the new subscription. Throws -32005 when the connection has too many. */
  subscribe(connection: Connection, subject: SubscriptionSubject): Hex {
    const mine = this.#subscriptions.get(connection) ?? this.#welcome(connection)
    if (mine.size >= this.#options.maxSubscriptionsPerConnection) {
      throw new RpcError('limit-exceeded', 'too many subscriptions on this connection')
    }
    const id = quantityToHex(BigInt(`0x${randomBytes(16).toString('hex')}`))
    mine.set(id, subject)
    return id
  }

  /** Whether the connection had such a subscription. */
  unsubscribe(connection: Connection, id: Hex): boolean {
    return this.#subscriptions.get(connection)?.delete(id) ?? false
  }

  #welcome(connection: Connection): Map<Hex, SubscriptionSubject> {
    const mine = new Map<Hex, SubscriptionSubject>()
    this.#subscriptions.set(connection, mine)
    connection.onClose(() => this.#subscriptions.delete(connection))
    return mine
  }

  #onHead(change: HeadChange): void {
    this.#tell((subject) => {
      if (subject.kind === 'newHeads') return change.added.map(({ block, hash }) => formatHeader(block.header, hash))
      if (subject.kind === 'logs') return changedLogs(change, subject.query)
      return []
    })
  }

  #onTransaction(transaction: Transaction, hash: Hash): void {
    this.#tell((subject) => {
      if (subject.kind !== 'newPendingTransactions') return []
      return [subject.full ? formatTransaction(transaction, senderOf(transaction)) : hash]
    })
  }

  #tell(newsFor: (subject: SubscriptionSubject) => readonly unknown[]): void {
    for (const [connection, subscriptions] of this.#subscriptions) {
      for (const [subscription, subject] of subscriptions) {
        for (const result of newsFor(subject)) {
          const params = { subscription, result }
          connection.send(JSON.stringify({ jsonrpc: '2.0', method: 'eth_subscription', params }))
        }
      }
    }
  }
}

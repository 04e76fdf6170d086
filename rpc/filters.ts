import { randomBytes } from 'node:crypto'
import type { HeadChange } from '../consensus/head-change.ts'
import type { Hash, Hex } from '../primitives/hex.ts'
import { quantityToHex } from '../primitives/hex.ts'
import { RpcError } from './errors.ts'
import { follow } from './follow.ts'
import type { FormattedLog } from './log-search.ts'
import { matchingLogs } from './log-search.ts'
import type { RpcModules } from './modules.ts'
import type { RpcOptions } from './options.ts'
import type { LogQuery } from './parameters.ts'

/** What a filter collects. */
export type FilterSubject =
  | { readonly kind: 'blocks' | 'transactions' }
  | { readonly kind: 'logs'; readonly query: LogQuery }

/** What polling a filter gives: hashes of blocks or transactions, or logs. */
export type FilterChange = Hash | FormattedLog

interface Filter {
  readonly subject: FilterSubject
  changes: FilterChange[]
  polledAt: number
}

/** A filter with more waiting than this is dropped: its client does not poll. */
const MAX_WAITING = 10_000

type Options = Pick<RpcOptions, 'maxFilters' | 'filterExpiryMs'>

/** Filters that clients poll (eth_newFilter and its kin). They collect from their creation on, and expire unpolled. */
export class FilterStore {
  readonly #options: Options
  readonly #unfollow: () => void
  readonly #filters = new Map<Hex, Filter>()

  constructor(options: Options, modules: Pick<RpcModules, 'chain' | 'pool' | 'log'>) {
    this.#options = options
    this.#unfollow = follow(modules, {
      onHead: (change) => this.#onHead(change),
      onTransaction: (_, hash) => this.#onTransaction(hash),
    })
  }

  close(): void {
    this.#unfollow()
    this.#filters.clear()
  }

  /** The new filter's id: random, as quantity. Throws -32005 when there are too many. */
  add(subject: FilterSubject): Hex {
    this.#dropExpired()
    if (this.#filters.size >= this.#options.maxFilters) throw new RpcError('limit-exceeded', 'too many filters')
    const id = quantityToHex(BigInt(`0x${randomBytes(16).toString('hex')}`))
    this.#filters.set(id, { subject, changes: [], polledAt: Date.now() })
    return id
  }

  /** Whether there was such a filter. */
  remove(id: Hex): boolean {
    return this.#filters.delete(id)
  }

  /** What has been collected since the last poll. Throws -32000 `filter not found`, as clients expect it. */
  poll(id: Hex): readonly FilterChange[] {
    const filter = this.#require(id)
    const { changes } = filter
    filter.changes = []
    filter.polledAt = Date.now()
    return changes
  }

  /** The query of a log filter. */
  query(id: Hex): LogQuery {
    const { subject } = this.#require(id)
    if (subject.kind !== 'logs') throw new RpcError('failed', 'filter not found')
    return subject.query
  }

  #require(id: Hex): Filter {
    this.#dropExpired()
    const filter = this.#filters.get(id)
    if (filter === undefined) throw new RpcError('failed', 'filter not found')
    return filter
  }

  #onHead(change: HeadChange): void {
    for (const [id, { subject }] of this.#filters) {
      if (subject.kind === 'blocks')
        this.#collect(
          id,
          change.added.map(({ hash }) => hash),
        )
      if (subject.kind === 'logs') this.#collect(id, changedLogs(change, subject.query))
    }
  }

  #onTransaction(hash: Hash): void {
    for (const [id, { subject }] of this.#filters) {
      if (subject.kind === 'transactions') this.#collect(id, [hash])
    }
  }

  #collect(id: Hex, changes: readonly FilterChange[]): void {
    const filter = this.#filters.get(id)
    if (filter === undefined) return
    for (const change of changes) filter.changes.push(change)
    if (filter.changes.length > MAX_WAITING || this.#isExpired(filter)) this.#filters.delete(id)
  }

  #dropExpired(): void {
    for (const [id, filter] of this.#filters) if (this.#isExpired(filter)) this.#filters.delete(id)
  }

  #isExpired({ polledAt }: Filter): boolean {
    return Date.now() - polledAt > this.#options.filterExpiryMs
  }
}

/** The wanted logs of a head change: those that left first, marked `removed`, then those that came. */
export function changedLogs(change: HeadChange, query: LogQuery): FormattedLog[] {
  return [
    ...change.removed.flatMap((block) => matchingLogs(block, query, true)),
    ...change.added.flatMap((block) => matchingLogs(block, query)),
  ]
}

import { randomBytes } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Hash, Hex } from '../primitives/hex.ts'
import { quantityToHex } from '../primitives/hex.ts'
import type { ChainNews } from './chain-news.ts'
import { RpcError } from './errors.ts'
import type { FormattedLog } from './format/receipt.ts'
import type { Journal } from './journal.ts'
import { formatFound, LogMatcher } from './log-matcher.ts'
import type { RpcModules } from './modules.ts'
import type { RpcOptions } from './options.ts'
import type { LogQuery } from './parameters.ts'

/** What a filter is for. */
export type FilterSubject =
  | { readonly kind: 'blocks' | 'transactions' }
  | { readonly kind: 'logs'; readonly query: LogQuery }

/** What polling a filter gives: hashes of blocks or transactions, or logs. */
export type FilterChange = Hash | FormattedLog

interface Filter {
  /** Address of the other machine that made it. */
  readonly client: string | undefined
  readonly kind: FilterSubject['kind']
  readonly logs: LogMatcher | undefined
  /** Of the first news that its client has not had. */
  position: number
  polledAt: number
  /** Settles when the last poll has: two at the same time must not get the same. It holds nothing of what that got. */
  lastPoll: Promise<void>
}

/** Of the filters, as many may be of one other machine: a tenth. */
const MAX_SHARE = 0.1

/** Addresses and topics of all filters together, for each filter that there may be: 100 bytes each. */
const MAX_MEAN_SIZE = 100

/** Blocks looked at before others get their turn: about 2 ms of blooms. */
const STEPS_PER_TURN = 256

/** Of a log beside its data, as JSON. */
const LOG_BYTES = 700

type Options = Pick<RpcOptions, 'maxFilters' | 'filterExpiryMs' | 'maxLogs' | 'maxResponseBytes'>

/** Filters that clients poll (eth_newFilter and its kin): they tell what came after them, and expire unpolled. */
export class FilterStore {
  readonly #options: Options
  readonly #news: ChainNews
  readonly #blocks: RpcModules['blocks']
  readonly #filters = new Map<Hex, Filter>()
  #size = 0

  constructor(options: Options, modules: Pick<RpcModules, 'blocks'> & { readonly news: ChainNews }) {
    this.#options = options
    this.#news = modules.news
    this.#blocks = modules.blocks
  }

  close(): void {
    this.#filters.clear()
  }

  /** The new filter's id: random, as quantity. `client`: see `Caller`. Throws -32005 when there are too many, -32602 for a range that is none. */
  add(subject: FilterSubject, client?: string | undefined): Hex {
    for (const [id, filter] of this.#filters) if (this.#isExpired(filter)) this.remove(id)
    const { maxFilters } = this.#options
    const logs = subject.kind === 'logs' ? new LogMatcher(subject.query) : undefined
    const size = this.#size + (logs?.size ?? 0)
    const isFull = this.#filters.size >= maxFilters
    if (isFull || (client !== undefined && this.#countOf(client) >= Math.ceil(maxFilters * MAX_SHARE))) {
      throw new RpcError('limit-exceeded', 'too many filters')
    }
    if (size > maxFilters * MAX_MEAN_SIZE) {
      throw new RpcError('limit-exceeded', 'too many addresses and topics in filters')
    }
    const id = quantityToHex(BigInt(`0x${randomBytes(16).toString('hex')}`))
    const { kind } = subject
    const position = this.#journal(kind).end
    this.#filters.set(id, { client, kind, logs, position, polledAt: Date.now(), lastPoll: Promise.resolve() })
    this.#size = size
    return id
  }

  /** Whether there was such a filter. */
  remove(id: Hex): boolean {
    this.#size -= this.#filters.get(id)?.logs?.size ?? 0
    return this.#filters.delete(id)
  }

  /**
   * What has happened since the last poll. Logs that are too many for one answer come with the next ones, block by block.
   * Rejects with -32000 `filter not found`, as clients expect it, also when so much has happened that it is not known any more.
   */
  async poll(id: Hex): Promise<readonly FilterChange[]> {
    const filter = this.#require(id)
    const changes = filter.lastPoll.then(() => this.#changes(id, filter))
    filter.lastPoll = changes.then(nothing, nothing)
    return await changes
  }

  /** The query of a log filter. */
  query(id: Hex): LogQuery {
    const { logs } = this.#require(id)
    if (logs === undefined) throw notFound()
    return logs.query
  }

  #countOf(client: string): number {
    return this.#filters.values().reduce((count, filter) => (filter.client === client ? count + 1 : count), 0)
  }

  #require(id: Hex): Filter {
    const filter = this.#filters.get(id)
    if (filter !== undefined && !this.#isExpired(filter)) {
      filter.polledAt = Date.now()
      return filter
    }
    this.remove(id)
    throw notFound()
  }

  async #changes(id: Hex, filter: Filter): Promise<readonly FilterChange[]> {
    if (filter.position < this.#journal(filter.kind).start) {
      this.remove(id)
      throw notFound()
    }
    if (filter.logs !== undefined) return await this.#logs(filter, filter.logs)
    const hashes: Hash[] = []
    if (filter.kind === 'transactions') {
      for (const hash of newsSince(filter, this.#news.transactions)) hashes.push(hash)
    } else {
      for (const { hash, removed } of newsSince(filter, this.#news.steps)) if (!removed) hashes.push(hash)
    }
    return hashes
  }

  async #logs(filter: Filter, logs: LogMatcher): Promise<readonly FormattedLog[]> {
    const { maxLogs, maxResponseBytes } = this.#options
    const found: FormattedLog[] = []
    let looked = 0
    let bytes = 0
    for (const step of newsSince(filter, this.#news.steps)) {
      for (const log of logs.of(step, { blocks: this.#blocks }).map(formatFound)) {
        found.push(log)
        bytes += LOG_BYTES + log.data.length
      }
      if (found.length >= maxLogs || bytes >= maxResponseBytes) break
      if (++looked % STEPS_PER_TURN === 0) await nextTurn()
    }
    return found
  }

  #journal(kind: Filter['kind']): Journal<unknown> {
    return kind === 'transactions' ? this.#news.transactions : this.#news.steps
  }

  #isExpired({ polledAt }: Filter): boolean {
    return Date.now() - polledAt > this.#options.filterExpiryMs
  }
}

/** Takes what is new one by one, and moves the filter's place on. */
function* newsSince<Entry>(filter: Filter, journal: Journal<Entry>): Generator<Entry> {
  for (let entry = journal.at(filter.position); entry !== undefined; entry = journal.at(filter.position)) {
    filter.position += 1
    yield entry
  }
}

function nothing(): void {}

function notFound(): RpcError {
  return new RpcError('failed', 'filter not found')
}

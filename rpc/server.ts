import net from 'node:net'
import type { FastifyInstance, FastifyListenOptions } from 'fastify'
import type { HeadChange } from '../consensus/head-change.ts'
import { ChainNews } from './chain-news.ts'
import { ConsoleLog } from './console-log.ts'
import { FilterStore } from './filters.ts'
import { follow } from './follow.ts'
import { createHttpServer } from './http-server.ts'
import { Dispatcher } from './json-rpc.ts'
import { methodTable } from './methods/table.ts'
import { NodeMetrics } from './metrics.ts'
import type { RpcModules } from './modules.ts'
import type { RpcOptions } from './options.ts'
import { SubscriptionHub } from './subscriptions.ts'

/** The first answers come before what is counted of them. */
const METRICS_DELAY_MS = 1_000

/** JSON-RPC over HTTP and WebSocket on one port, with health and metrics beside it. */
export class RpcServer {
  /** For what only the node can measure: block import. */
  readonly metrics: NodeMetrics
  readonly #options: RpcOptions
  readonly #news: ChainNews
  readonly #filters: FilterStore
  readonly #subscriptions: SubscriptionHub
  readonly #console: ConsoleLog | undefined
  readonly #dispatcher: Dispatcher
  readonly #app: FastifyInstance
  readonly #unfollow: () => void

  constructor(options: RpcOptions, modules: RpcModules) {
    this.#options = options
    this.metrics = new NodeMetrics(modules)
    const news = new ChainNews(modules, () => this.#subscriptions.tell())
    this.#news = news
    this.#filters = new FilterStore(options, { ...modules, news })
    this.#subscriptions = new SubscriptionHub(options, { ...modules, news })
    const { writeConsole: write } = modules
    this.#console = write && new ConsoleLog(options, { ...modules, write })
    const stores = { filters: this.#filters, subscriptions: this.#subscriptions }
    const dispatcher = new Dispatcher(options, {
      methods: methodTable(options, { ...modules, ...stores }),
      log: modules.log,
      observe: (method, durationMs, failed) => this.metrics.observeRequest(method, durationMs, failed),
      settled: modules.settled,
    })
    this.#dispatcher = dispatcher
    this.#app = createHttpServer(options, { ...modules, dispatcher, metrics: this.metrics })
    this.#unfollow = follow(modules, { onHead: (change) => this.#observeImport(change) })
  }

  /** The underlying server, for requests without a socket (`inject`). */
  get app(): FastifyInstance {
    return this.#app
  }

  /** The answer to a request of this process itself; `undefined` where there is none to be. */
  async answer(request: string): Promise<string | undefined> {
    return await this.#dispatcher.answer(request, {})
  }

  /** Listens; resolves with where, or rejects with the system's error (EADDRINUSE, EACCES). */
  async start(): Promise<{ readonly host: string; readonly port: number }> {
    const { host } = this.#options
    await this.#app.listen(listenOptions(this.#options))
    if (this.#options.metrics) setTimeout(() => void this.metrics.load(), METRICS_DELAY_MS).unref()
    const address = this.#app.server.address()
    const port = typeof address === 'object' && address !== null ? address.port : this.#options.port
    return { host, port }
  }

  /** Closes all connections. */
  async stop(): Promise<void> {
    this.#unfollow()
    this.#news.close()
    this.#filters.close()
    this.#subscriptions.close()
    this.#console?.close()
    await this.#app.close()
  }

  #observeImport({ added, durationMs }: HeadChange): void {
    this.metrics.observeBlockImport(durationMs)
    for (const { executionUs } of added) {
      if (executionUs !== undefined) this.metrics.observeReplay(executionUs / 1_000)
    }
  }
}

/**
 * With a socket that is bound already, where this Node makes one: it would look the address up, and compile its pattern of IPv6 addresses to see
 * that this is none, which takes 3 ms of a start. What cannot be bound is left to it, who says why.
 */
function listenOptions({ host, port }: Pick<RpcOptions, 'host' | 'port'>): FastifyListenOptions {
  const { BoundSocket } = net as { readonly BoundSocket?: new (options: object) => object }
  if (BoundSocket === undefined || !net.isIPv4(host)) return { host, port }
  try {
    return { host, port, handle: new BoundSocket({ host, port }) } as FastifyListenOptions
  } catch {
    return { host, port }
  }
}

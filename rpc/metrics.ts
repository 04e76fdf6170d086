import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client'
import type { RpcModules } from './modules.ts'

/** Blocks of a devnet take from under a millisecond to some seconds. */
const BLOCK_BUCKETS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000]
const REQUEST_BUCKETS_MS = [0.1, 0.5, 1, 5, 20, 100, 500, 2_000]

/** Prometheus metrics of one node. Values that others keep are read when they are asked for. */
export class NodeMetrics {
  readonly #registry = new Registry()
  readonly #blockImport: Histogram<never>
  readonly #replay: Histogram<never>
  readonly #requests: Counter<'method' | 'outcome'>
  readonly #requestTime: Histogram<never>

  constructor(modules: Pick<RpcModules, 'chain' | 'pool' | 'network'>) {
    const { chain, pool, network } = modules
    const registers = [this.#registry]
    const gauge = (name: string, help: string, read: () => number) =>
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read())
        },
      })
    gauge('pavm_head_number', 'Number of the head block', () => Number(chain.head().header.number))
    gauge('pavm_peers', 'Connected peers', () => network.peers().length)
    gauge('pavm_txpool_pending', 'Transactions that could be in the next block', () => pool.status().pending)
    gauge(
      'pavm_txpool_queued',
      'Transactions that wait for an earlier nonce or a lower fee',
      () => pool.status().queued,
    )
    gauge('pavm_syncing', '1 while the node catches up', () => (network.syncStatus().syncing ? 1 : 0))
    const histogram = (name: string, help: string, buckets: number[]) =>
      new Histogram({ name, help, buckets, registers })
    this.#blockImport = histogram(
      'pavm_block_import_ms',
      'Time from a block, or a heavier branch, to its being the head on disk',
      BLOCK_BUCKETS_MS,
    )
    this.#replay = histogram('pavm_block_replay_ms', 'Wall time of executing an imported block', BLOCK_BUCKETS_MS)
    this.#requestTime = histogram('pavm_rpc_request_ms', 'Time of one RPC request', REQUEST_BUCKETS_MS)
    this.#requests = new Counter({
      name: 'pavm_rpc_requests_total',
      help: 'RPC requests by method (`unknown` for names that are none) and outcome',
      labelNames: ['method', 'outcome'],
      registers,
    })
  }

  observeBlockImport(durationMs: number): void {
    this.#blockImport.observe(durationMs)
  }

  observeReplay(durationMs: number): void {
    this.#replay.observe(durationMs)
  }

  /** `method` must be of a bounded set: each makes a time series. */
  observeRequest(method: string, durationMs: number, failed: boolean): void {
    this.#requests.inc({ method, outcome: failed ? 'error' : 'ok' })
    this.#requestTime.observe(durationMs)
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  /** The text format of Prometheus. */
  text(): Promise<string> {
    return this.#registry.metrics()
  }
}

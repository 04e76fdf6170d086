import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client'
import type { CompilerCounts, RpcModules } from './modules.ts'

/** Blocks of a devnet take from under a millisecond to some seconds. */
const BLOCK_BUCKETS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000]
const KEPT_TIMES = 256
const REQUEST_BUCKETS_MS = [0.1, 0.5, 1, 5, 20, 100, 500, 2_000]

const OUTCOMES = ['ok', 'error'] as const
type Outcome = (typeof OUTCOMES)[number]

/** Of the compiler of hot code, by the name under which they are kept. */
const COMPILER_COUNTERS: readonly (readonly [keyof CompilerCounts, string, string])[] = [
  ['compiled', 'pavm_compiler_modules_total', 'Modules made of hot contracts'],
  ['reused', 'pavm_compiler_reused_total', 'Requests answered by a module made before'],
  ['givenUp', 'pavm_compiler_given_up_total', 'Contracts that are not compiled: too large, too slow or unfit'],
  ['stopped', 'pavm_compiler_stopped_total', 'Contracts given up because the compile thread had to be ended or died'],
  ['busy', 'pavm_compiler_busy_total', 'Requests refused because too many contracts waited'],
  ['evicted', 'pavm_compiler_evicted_total', 'Modules dropped to make room'],
  ['milliseconds', 'pavm_compiler_ms_total', 'Time that compiling took'],
]

/** The metrics themselves. Values that others keep are read when they are asked for. */
export class PrometheusMetrics {
  readonly #registry = new Registry()
  readonly #blockImport: Histogram<never>
  readonly #replay: Histogram<never>
  readonly #requestTime: Histogram<never>
  /** By method: to add to a counter of the library by its labels takes 2 us. */
  readonly #requests = new Map<string, Record<Outcome, number>>()
  /** Times that the histogram has not had yet. It takes many together: one alone, between requests, takes it 2.5 us. */
  readonly #times = new Float64Array(KEPT_TIMES)
  #timesKept = 0

  constructor(modules: Pick<RpcModules, 'chain' | 'pool' | 'network' | 'compiler'>) {
    const { chain, pool, network, compiler } = modules
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
    gauge('pavm_compiler_bytes', 'Bytes of modules that are kept for all threads', () => compiler().bytes)
    gauge('pavm_compiler_queue', 'Contracts that are being compiled or wait for it', () => compiler().waiting)
    for (const [count, name, help] of COMPILER_COUNTERS) {
      new Counter({
        name,
        help,
        registers,
        collect() {
          this.reset()
          this.inc(compiler()[count])
        },
      })
    }
    const histogram = (name: string, help: string, buckets: number[]) =>
      new Histogram({ name, help, buckets, registers })
    this.#blockImport = histogram(
      'pavm_block_import_ms',
      'Time from a block, or a heavier branch, to its being the head on disk',
      BLOCK_BUCKETS_MS,
    )
    this.#replay = histogram('pavm_block_replay_ms', 'Wall time of executing an imported block', BLOCK_BUCKETS_MS)
    this.#requestTime = new Histogram({
      name: 'pavm_rpc_request_ms',
      help: 'Time of one RPC request',
      buckets: REQUEST_BUCKETS_MS,
      registers,
      collect: () => this.#passTimes(),
    })
    const requests = this.#requests
    new Counter({
      name: 'pavm_rpc_requests_total',
      help: 'RPC requests by method (`unknown` for names that are none) and outcome',
      labelNames: ['method', 'outcome'],
      registers,
      collect() {
        this.reset()
        for (const [method, counts] of requests) {
          for (const outcome of OUTCOMES) if (counts[outcome] > 0) this.inc({ method, outcome }, counts[outcome])
        }
      },
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
    let counts = this.#requests.get(method)
    if (counts === undefined) {
      counts = { ok: 0, error: 0 }
      this.#requests.set(method, counts)
    }
    counts[failed ? 'error' : 'ok'] += 1
    if (this.#timesKept === KEPT_TIMES) this.#passTimes()
    this.#times[this.#timesKept++] = durationMs
  }

  #passTimes(): void {
    for (let index = 0; index < this.#timesKept; index++) this.#requestTime.observe(this.#times[index]!)
    this.#timesKept = 0
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  /** The text format of Prometheus. */
  text(): Promise<string> {
    return this.#registry.metrics()
  }
}

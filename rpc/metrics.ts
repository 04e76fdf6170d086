import type { RpcModules } from './modules.ts'
import type { PrometheusMetrics } from './prometheus-metrics.ts'

type Observation = (metrics: PrometheusMetrics) => void

/** Observed before the library is there; more are not counted. */
const MAX_WAITING = 10_000

/**
 * Prometheus metrics of one node. The library takes as long to load as the rest of the server, so that is done when the node is up
 * (`load`), or asked for them.
 */
export class NodeMetrics {
  readonly #modules: ConstructorParameters<typeof PrometheusMetrics>[0]
  readonly #waiting: Observation[] = []
  #loading: Promise<PrometheusMetrics> | undefined
  #loaded: PrometheusMetrics | undefined

  constructor(modules: Pick<RpcModules, 'chain' | 'pool' | 'network' | 'compiler'>) {
    this.#modules = modules
  }

  load(): Promise<PrometheusMetrics> {
    this.#loading ??= this.#load()
    return this.#loading
  }

  observeBlockImport(durationMs: number): void {
    this.#observe((metrics) => metrics.observeBlockImport(durationMs))
  }

  observeReplay(durationMs: number): void {
    this.#observe((metrics) => metrics.observeReplay(durationMs))
  }

  /** `method` must be of a bounded set: each makes a time series. */
  observeRequest(method: string, durationMs: number, failed: boolean): void {
    this.#observe((metrics) => metrics.observeRequest(method, durationMs, failed))
  }

  #observe(observation: Observation): void {
    if (this.#loaded !== undefined) observation(this.#loaded)
    else if (this.#waiting.length < MAX_WAITING) this.#waiting.push(observation)
  }

  async #load(): Promise<PrometheusMetrics> {
    const { PrometheusMetrics } = await import('./prometheus-metrics.ts')
    const metrics = new PrometheusMetrics(this.#modules)
    for (const observation of this.#waiting.splice(0)) observation(metrics)
    this.#loaded = metrics
    return metrics
  }
}

import { NetworkError } from './network-error.ts'

/** Aborts a stream that makes no progress, or takes too long in all, or outlives the network. */
export class Deadline {
  readonly #stream: { abort(error: Error): void }
  readonly #idleMs: number
  readonly #stop: AbortSignal
  readonly #onStop: () => void
  readonly #overall: NodeJS.Timeout
  #idle: NodeJS.Timeout
  #error: NetworkError | undefined

  constructor(stream: { abort(error: Error): void }, idleMs: number, stop: AbortSignal) {
    this.#stream = stream
    this.#idleMs = idleMs
    this.#stop = stop
    this.#onStop = () => this.#abort(new NetworkError('stopped', 'the network was stopped'))
    this.#idle = this.#timer(idleMs)
    this.#overall = this.#timer(idleMs * OVERALL_FACTOR)
    stop.addEventListener('abort', this.#onStop)
    if (stop.aborted) this.#onStop()
  }

  /** Why the stream was aborted here, if it was. */
  get error(): NetworkError | undefined {
    return this.#error
  }

  /** Something has come, or gone: the wait begins anew. */
  progress(): void {
    clearTimeout(this.#idle)
    if (this.#error === undefined) this.#idle = this.#timer(this.#idleMs)
  }

  clear(): void {
    clearTimeout(this.#idle)
    clearTimeout(this.#overall)
    this.#stop.removeEventListener('abort', this.#onStop)
  }

  #timer(delayMs: number): NodeJS.Timeout {
    return setTimeout(() => this.#abort(new NetworkError('timeout', 'the peer takes too long')), delayMs)
  }

  #abort(error: NetworkError): void {
    this.#error ??= error
    this.#stream.abort(error)
  }
}

/** A whole response may take this many times as long as one wait: a peer that drips is not waited for. */
const OVERALL_FACTOR = 3

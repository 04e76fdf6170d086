import { CallError } from '../call-error.ts'
import type { StopSignal } from './stop-signal.ts'

/**
 * Ends calls from inside: stopping their thread from outside is not safe while native code runs, and takes a new
 * thread afterwards. What one instruction does is bounded by its gas.
 */
export class Deadline {
  readonly #timeoutMs: number
  #endMs: number
  readonly #stopSignal: StopSignal

  constructor(options: { readonly timeoutMs: number }, modules: { readonly stopSignal: StopSignal }) {
    this.#timeoutMs = options.timeoutMs
    this.#endMs = performance.now() + options.timeoutMs
    this.#stopSignal = modules.stopSignal
  }

  /** Puts it off: that long the call has waited for others. */
  extend(ms: number): void {
    this.#endMs += ms
  }

  /** To be called now and then: throws `CallError` `timeout` or `closed`. */
  look(): void {
    if (this.#stopSignal.isSet) throw new CallError('closed', 'the node is shutting down')
    if (performance.now() < this.#endMs) return
    throw new CallError('timeout', `the call took longer than ${this.#timeoutMs} ms`, { timeoutMs: this.#timeoutMs })
  }
}

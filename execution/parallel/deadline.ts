import { CallError } from '../call-error.ts'
import type { Watch } from '../compiler/execute.ts'
import type { StopSignal } from './stop-signal.ts'

export interface DeadlineOptions {
  readonly timeoutMs: number
  /** A precompiled contract that costs as much counts as one that takes too long. Absent: none does. */
  readonly precompileGas?: bigint | undefined
}

/**
 * Ends calls from inside: stopping their thread from outside is not safe while native code runs, and takes a new
 * thread afterwards. What one instruction does is bounded by its gas.
 */
export class Deadline {
  readonly #options: DeadlineOptions
  #endMs: number
  readonly #stopSignal: StopSignal

  constructor(options: DeadlineOptions, modules: { readonly stopSignal: StopSignal }) {
    this.#options = options
    this.#endMs = performance.now() + options.timeoutMs
    this.#stopSignal = modules.stopSignal
  }

  /** What makes a message keep it. */
  get watch(): Pick<Watch, 'onPause' | 'onPrecompile'> {
    const { precompileGas } = this.#options
    return {
      onPause: () => this.look(),
      ...(precompileGas !== undefined && {
        onPrecompile: (gas) => {
          if (gas >= precompileGas) throw this.#timeout()
        },
      }),
    }
  }

  /** Puts it off: that long the call has waited for others. */
  extend(ms: number): void {
    this.#endMs += ms
  }

  /** To be called now and then: throws `CallError` `timeout` or `closed`. */
  look(): void {
    if (this.#stopSignal.isSet) throw new CallError('closed', 'the node is shutting down')
    if (performance.now() >= this.#endMs) throw this.#timeout()
  }

  #timeout(): CallError {
    const { timeoutMs } = this.#options
    return new CallError('timeout', `the call took longer than ${timeoutMs} ms`, { timeoutMs })
  }
}

import { CallError } from '../call-error.ts'
import type { Frame } from '../evm/frame.ts'
import type { Instruction } from '../evm/opcodes.ts'
import type { Tracer } from '../evm/tracer.ts'
import type { StopSignal } from './stop-signal.ts'

/** Between two looks at the clock: some 0.1 ms of interpreting. */
const STEPS_BETWEEN_LOOKS = 1_000

/**
 * Ends calls from inside: stopping their thread from outside is not safe while native code runs, and takes a new
 * thread afterwards. What one instruction does is bounded by its gas.
 */
export class Deadline {
  readonly #timeoutMs: number
  readonly #endMs: number
  readonly #stopSignal: StopSignal
  #stepsLeft = STEPS_BETWEEN_LOOKS

  constructor(options: { readonly timeoutMs: number }, modules: { readonly stopSignal: StopSignal }) {
    this.#timeoutMs = options.timeoutMs
    this.#endMs = performance.now() + options.timeoutMs
    this.#stopSignal = modules.stopSignal
  }

  /** A tracer for one run that throws `CallError` `timeout` or `closed` in the midst of it, and passes on what it sees. */
  over(inner: Tracer | undefined): Tracer {
    return {
      onMessage: (message) => {
        // Messages run precompiles, which take longer than other steps.
        this.#look()
        inner?.onMessage?.(message)
      },
      onStep: (frame: Frame, instruction: Instruction) => {
        if (--this.#stepsLeft === 0) this.#look()
        inner?.onStep?.(frame, instruction)
      },
      onResult: (message, result) => inner?.onResult?.(message, result),
    }
  }

  #look(): void {
    this.#stepsLeft = STEPS_BETWEEN_LOOKS
    if (this.#stopSignal.isSet) throw new CallError('closed', 'the node is shutting down')
    if (performance.now() < this.#endMs) return
    throw new CallError('timeout', `the call took longer than ${this.#timeoutMs} ms`, { timeoutMs: this.#timeoutMs })
  }
}

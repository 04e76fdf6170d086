import type { MessagePort } from 'node:worker_threads'
import { CallError } from '../call-error.ts'
import { CompilePort } from '../compiler/compile-port.ts'
import type { CompilerOptions } from '../compiler/compiler-options.ts'
import { setCompiler } from '../compiler/execute.ts'
import { CurveNotLoaded, loadCurves } from '../evm/precompiles/curve-loading.ts'
import { buildBlock } from './build-block.ts'
import type { CallTaskRequest, CallTasks } from './call-tasks.ts'
import { Deadline } from './deadline.ts'
import type { BuildAnswer, BuildRequest } from './serial-tasks.ts'
import { Simulation } from './simulation.ts'
import { StopSignal } from './stop-signal.ts'
import type { ThreadState } from './thread-state.ts'

export interface InlineWorkOptions {
  /** Milliseconds for one piece of work. */
  readonly limitMs: number
  /** Most gas of a call. */
  readonly callGasLimit: bigint
}

/** Some milliseconds of the slowest precompiled contracts; what costs as much is done elsewhere. */
const LEAST_LONG_PRECOMPILE_GAS = 50_000n

/** So many pieces of work at first may take longer, by this factor: nothing is compiled yet, and less so in the other thread. */
const COLD_WORKS = 10
const COLD_FACTOR = 50

/** More of them are not tried. */
const MAX_CANDIDATES = 64

/** Gives what does short work in this thread; `undefined` where none may be done here. */
export type InlineWorkSource = () => Promise<InlineWork | undefined>

/** Calls that may be done here. */
export type InlineCall = 'call' | 'estimateGas' | 'createAccessList'

/**
 * Work that is done in the calling thread if it is short, which saves waking another: that takes 0.1 to 0.3 ms, a short call a tenth of
 * it. Whoever is given up has changed nothing.
 */
export class InlineWork {
  readonly #options: InlineWorkOptions
  readonly #thread: ThreadState
  readonly #stopSignal = new StopSignal()
  readonly #simulation: Simulation
  #begun = 0

  constructor(options: InlineWorkOptions, { thread }: { readonly thread: ThreadState }) {
    this.#options = options
    this.#thread = thread
    const timeoutMs = () => this.#timeoutMs()
    const ofCalls = {
      callGasLimit: options.callGasLimit,
      precompileGas: LEAST_LONG_PRECOMPILE_GAS,
      get callTimeoutMs() {
        return timeoutMs()
      },
    }
    this.#simulation = new Simulation(ofCalls, { thread, stopSignal: this.#stopSignal })
  }

  /** The answer, `undefined` if it takes too long. Throws what the call throws. */
  call<Name extends InlineCall>(name: Name, task: CallTaskRequest): Awaited<ReturnType<CallTasks[Name]>> | undefined {
    return unlessLong(() => this.#simulation[name](task) as Awaited<ReturnType<CallTasks[Name]>>)
  }

  /** The block, `undefined` if it takes too long. Throws `BlockError`, as `buildBlock`. */
  build(request: BuildRequest): BuildAnswer | undefined {
    if (request.candidates.length > MAX_CANDIDATES) return undefined
    const options = { timeoutMs: this.#timeoutMs(), precompileGas: LEAST_LONG_PRECOMPILE_GAS }
    const { watch } = new Deadline(options, { stopSignal: this.#stopSignal })
    return unlessLong(() => buildBlock(request, { thread: this.#thread, stopSignal: this.#stopSignal, watch }))
  }

  /** Of the piece of work that begins. */
  #timeoutMs(): number {
    return this.#options.limitMs * (this.#begun++ < COLD_WORKS ? COLD_FACTOR : 1)
  }
}

/** From now on the calling thread has its code compiled by whoever has the other end of the port. */
export function useCompiler(options: CompilerOptions, port: MessagePort): void {
  setCompiler(options, new CompilePort(port))
}

function unlessLong<Answer>(work: () => Answer): Answer | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof CallError && error.code === 'timeout') return undefined
    if (!(error instanceof CurveNotLoaded)) throw error
    // For the next time.
    loadCurves().catch(() => undefined)
    return undefined
  }
}

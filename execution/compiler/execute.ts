import type { TransactionContext } from '../evm/context.ts'
import { runMessage } from '../evm/interpreter.ts'
import type { Message, MessageResult } from '../evm/message.ts'
import { pausingTracer } from '../evm/pausing-tracer.ts'
import type { Tracer } from '../evm/tracer.ts'
import type { WorldState } from '../state/world-state.ts'
import { threadHelpers } from '../threads/helpers.ts'
import { CompileThread } from './compile-thread.ts'
import { type CompilerOptions, DEFAULT_COMPILER_OPTIONS } from './compiler-options.ts'
import { type CompileService, compileAtOnce } from './hot-code.ts'
import { Machine, type MachineCompiler } from './machine.ts'
import { MachineLimitError } from './machine-limit.ts'

/**
 * What runs messages that nobody traces. `reference`: the readable interpreter. `interpreter`: the WebAssembly interpreter
 * alone. `compiler`: it, and everything compiled at its first call. `profiled`: it, and after a code's first call what has run
 * of it compiled. `shipped`: it, and what has become hot compiled in another thread.
 */
export const TIERS = ['reference', 'interpreter', 'compiler', 'profiled', 'shipped'] as const

export type Tier = (typeof TIERS)[number]

const MEBIBYTE = 1_024 * 1_024
const CACHE_BYTES = DEFAULT_COMPILER_OPTIONS.cacheMegabytes * MEBIBYTE

const COMPILERS: Record<Tier, MachineCompiler | undefined> = {
  reference: undefined,
  interpreter: undefined,
  compiler: { service: compileAtOnce, threshold: 0, onlyExecuted: false, cacheBytes: CACHE_BYTES },
  profiled: { service: compileAtOnce, threshold: 30, onlyExecuted: true, cacheBytes: CACHE_BYTES },
  shipped: shippedCompiler(DEFAULT_COMPILER_OPTIONS, new CompileThread(DEFAULT_COMPILER_OPTIONS)),
}

function shippedCompiler(
  { enabled, threshold, cacheMegabytes }: CompilerOptions,
  service: CompileService,
): MachineCompiler | undefined {
  return enabled ? { service, threshold, onlyExecuted: true, cacheBytes: cacheMegabytes * MEBIBYTE } : undefined
}

/** What the tier `shipped` compiles with in this thread, instead of a compile thread of its own with the defaults. */
export function setCompiler(options: CompilerOptions, service: CompileService): void {
  COMPILERS.shipped = shippedCompiler(options, service)
}

let machine: Machine | undefined

let tier: Tier = tierFromEnvironment()

/** PAVM_TIER forces one, in all threads: for tests and measurements. @throws RangeError */
function tierFromEnvironment(): Tier {
  const name = process.env.PAVM_TIER ?? 'shipped'
  const known = TIERS.find((each) => each === name)
  if (known === undefined) throw new RangeError(`PAVM_TIER is ${name}, not one of ${TIERS.join(', ')}`)
  return known
}

/** From now on, in this thread. @returns the one before */
export function setTier(name: Tier): Tier {
  const before = tier
  tier = name
  return before
}

/** Who looks on while a message runs. */
export interface Watch {
  readonly tracer?: Tracer | undefined
  /** Called now and then; may throw to give up. */
  readonly onPause?: (() => void) | undefined
  /** Called before a precompiled contract runs, with what that costs; may throw to give up. */
  readonly onPrecompile?: ((gas: bigint) => void) | undefined
  /** Counts the sub-threads that are started. */
  readonly started?: { threads: number } | undefined
}

/**
 * Runs a message to its end as `runMessage` does, on the fastest engine there is; with a tracer on the reference
 * interpreter.
 */
export function execute(
  message: Message,
  transaction: TransactionContext,
  state: WorldState,
  { tracer, onPause, onPrecompile, started }: Watch = {},
): MessageResult {
  if (tracer !== undefined || tier === 'reference') {
    const watching = onPause === undefined ? tracer : pausingTracer(onPause, tracer)
    return runMessage(message, transaction, state, { tracer: watching, onPrecompile, started })
  }
  machine ??= new Machine()
  const makeFrame = machine.framesFor(transaction, state, { compiler: COMPILERS[tier], onPause })
  return runMessage(message, transaction, state, { makeFrame, onPrecompile, started, helpers: threadHelpers() })
}

/**
 * What `run` returns. Where the machine is too small for a message that it executes, it is called again, all that it
 * executes then on the reference interpreter: so it begins with what undoes the first attempt, `WorldState.beginTransaction`.
 */
export function withFallback<Result>(run: () => Result): Result {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof MachineLimitError)) throw error
  }
  const chosen = tier
  tier = 'reference'
  try {
    return run()
  } finally {
    tier = chosen
  }
}

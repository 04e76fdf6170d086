import { z } from 'zod'
import type { AccountOverride } from '../execution/call.ts'
import type { TraceBlockOverrides } from '../execution/tracing/trace-request.ts'
import type { TracerOptions } from '../execution/tracing/tracers.ts'
import type { Address } from '../primitives/hex.ts'
import { address, count, hash, optional, stateOverrides, uint64, uint256 } from './parameters.ts'

/** Schemas of the options of debug_trace*, as go-ethereum has them (eth/tracers/api.go, TraceConfig). */

const flag = optional(z.boolean({ error: 'must be true or false' })).transform((value) => value ?? false)

const structLogs = {
  enableMemory: flag,
  disableStack: flag,
  disableStorage: flag,
  enableReturnData: flag,
  limit: optional(z.int({ error: 'must be a whole number' }).min(0, 'must not be negative')).transform(
    (limit) => limit ?? 0,
  ),
}

const callTracer = z.lazy(() => z.object({ onlyTopCall: flag, withLog: flag }))
const flatCallTracer = z.lazy(() => z.object({ convertParityErrors: flag, includePrecompiles: flag }))
const prestateTracer = z.lazy(() =>
  z.object({
    diffMode: flag,
    disableCode: flag,
    disableStorage: flag,
    includeEmpty: flag,
  }),
)
const anything = z.object({})

/** Those that have a name, with their options. */
const TRACER_CONFIGS = { callTracer, flatCallTracer, prestateTracer, '4byteTracer': anything, noopTracer: anything }

/** Tracers of one muxTracer. */
const MAX_TRACERS = 16

class UnknownTracer extends Error {}

function tracerOptions(name: string, config: unknown, isInMux: boolean): TracerOptions {
  if (name === 'muxTracer' && !isInMux) {
    const configs = z
      .record(z.string(), z.unknown())
      .refine((tracers) => Object.keys(tracers).length <= MAX_TRACERS, `has more than ${MAX_TRACERS} tracers`)
      .parse(config ?? {})
    const tracers = Object.entries(configs).map(([each, options]) => tracerOptions(each, options, true))
    return { name, tracers }
  }
  if (!Object.hasOwn(TRACER_CONFIGS, name)) {
    throw new UnknownTracer(
      `no tracer "${name.slice(0, 100)}"; there are ${Object.keys(TRACER_CONFIGS).join(', ')}, muxTracer`,
    )
  }
  const schema = TRACER_CONFIGS[name as keyof typeof TRACER_CONFIGS]
  return { name, ...schema.parse(config ?? {}) } as TracerOptions
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
}
const DURATION = /^(?:\d{1,9}(?:\.\d{1,9})?(?:ns|us|µs|ms|s|m|h)){1,6}$/
const DURATION_PART = /([\d.]+)([a-zµ]+)/g

/** A duration as Go writes it: `5s`, `300ms`, `1m30s`. In milliseconds. */
const duration = z.lazy(() =>
  z
    .string({ error: 'must be a duration, as "5s"' })
    .regex(DURATION, 'must be a duration, as "5s"')
    .transform((text) =>
      [...text.matchAll(DURATION_PART)].reduce((sum, [, number, unit]) => sum + Number(number) * UNIT_MS[unit!]!, 0),
    ),
)

/** What a client asks of a trace. */
export interface TraceConfig {
  readonly tracer: TracerOptions
  readonly timeoutMs: number | undefined
}

/** The options of debug_traceTransaction and debug_traceBlock*. */
export const traceConfig = z.lazy(() =>
  z
    .object({
      ...structLogs,
      tracer: optional(z.string({ error: 'must be the name of a tracer' })),
      tracerConfig: z.unknown().optional(),
      timeout: optional(duration),
    })
    .transform(({ tracer, tracerConfig, timeout, ...options }, context): TraceConfig => {
      if (tracer === undefined || tracer === '') {
        return { tracer: { name: 'structLogs', ...options }, timeoutMs: timeout }
      }
      try {
        return { tracer: tracerOptions(tracer, tracerConfig, false), timeoutMs: timeout }
      } catch (error) {
        if (!(error instanceof z.ZodError || error instanceof UnknownTracer)) throw error
        const issue = error instanceof z.ZodError ? error.issues[0] : undefined
        const path = issue === undefined ? ['tracer'] : ['tracerConfig', ...issue.path]
        context.addIssue({ code: 'custom', path, message: issue?.message ?? error.message })
        return z.NEVER
      }
    }),
)

const blockOverrides = z.lazy(() =>
  z
    .object({
      number: optional(uint64),
      difficulty: optional(uint256),
      time: optional(uint64),
      gasLimit: optional(uint64),
      feeRecipient: optional(address),
      prevRandao: optional(hash),
      baseFeePerGas: optional(uint256),
      blobBaseFee: optional(uint256),
    })
    .transform(({ time: timestamp, feeRecipient: coinbase, ...rest }): TraceBlockOverrides => {
      return { ...rest, timestamp, coinbase }
    }),
)

/** What debug_traceCall takes besides. */
export interface TraceCallConfig extends TraceConfig {
  readonly stateOverrides: ReadonlyMap<Address, AccountOverride> | undefined
  readonly blockOverrides: TraceBlockOverrides | undefined
  /** Of the block: the call is made before it. */
  readonly index: number | undefined
}

export const traceCallConfig = z.lazy(() =>
  z
    .looseObject({
      stateOverrides: optional(stateOverrides),
      blockOverrides: optional(blockOverrides),
      txIndex: optional(count),
    })
    .transform(
      ({ stateOverrides: overrides, blockOverrides: block, txIndex: index, ...config }, context): TraceCallConfig => {
        const parsed = traceConfig.safeParse(config)
        if (parsed.success) return { ...parsed.data, stateOverrides: overrides, blockOverrides: block, index }
        for (const { path, message } of parsed.error.issues)
          context.addIssue({ code: 'custom', path: [...path], message })
        return z.NEVER
      },
    ),
)

/** What there is without options. */
export const DEFAULT_TRACE_CONFIG: TraceConfig = {
  tracer: {
    name: 'structLogs',
    enableMemory: false,
    disableStack: false,
    disableStorage: false,
    enableReturnData: false,
    limit: 0,
  },
  timeoutMs: undefined,
}

export const DEFAULT_CALL_CONFIG: TraceCallConfig = {
  ...DEFAULT_TRACE_CONFIG,
  stateOverrides: undefined,
  blockOverrides: undefined,
  index: undefined,
}

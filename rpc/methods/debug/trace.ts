import { z } from 'zod'
import { findHeader, requireHeader } from '../../block-lookup.ts'
import { boundedCall } from '../../bounded-call.ts'
import { RpcError } from '../../errors.ts'
import type { Caller, MethodTable } from '../../method.ts'
import { method } from '../../method.ts'
import type { LocatedHeader } from '../../modules.ts'
import { blockNumberOrTag, blockOrLatest, hash, optional, transactionRequest } from '../../parameters.ts'
import {
  DEFAULT_CALL_CONFIG,
  DEFAULT_TRACE_CONFIG,
  type TraceConfig,
  traceCallConfig,
  traceConfig,
} from '../../trace-options.ts'
import { Traces, type TracingModules, type TracingOptions } from '../../tracing.ts'

const config = optional(traceConfig)
const traceOf = (summary: string) => ({ summary, result: () => z.unknown().meta({ title: 'What the tracer gives' }) })

/** debug_trace*: what transactions did, executed again for it. */
export function traceMethods(options: TracingOptions, modules: TracingModules): MethodTable {
  const { blocks } = modules
  const traces = new Traces(options, modules)

  const traceBlock = ({ header, hash }: LocatedHeader, asked: TraceConfig | undefined, caller: Caller) => {
    if (header.number === 0n) throw new RpcError('failed', 'genesis is not traceable')
    const chosen = asked ?? DEFAULT_TRACE_CONFIG
    const report = { kind: 'tracer', tracer: chosen.tracer } as const
    return traces.stream({ kind: 'mined', blocks: [hash], report }, caller, chosen.timeoutMs)
  }

  return {
    debug_traceTransaction: method(
      traceOf('What a transaction of the canonical chain did.'),
      { hash, config },
      (p, caller) => {
        const location = blocks.transactionLocation(p.hash)
        if (location === undefined) throw new RpcError('failed', 'transaction not found')
        const { blockHash, index } = location
        const chosen = p.config ?? DEFAULT_TRACE_CONFIG
        const report = { kind: 'tracer', tracer: chosen.tracer } as const
        return traces.stream({ kind: 'mined', blocks: [blockHash], index, report }, caller, chosen.timeoutMs)
      },
    ),
    debug_traceBlockByNumber: method(
      traceOf('What each transaction of a block did.'),
      { block: blockNumberOrTag, config },
      (p, caller) => {
        const found = findHeader(p.block, modules)
        if (found === undefined) throw new RpcError('failed', `block ${nameOf(p.block)} not found`)
        return traceBlock(found, p.config, caller)
      },
    ),
    debug_traceBlockByHash: method(
      traceOf('What each transaction of a block did.'),
      { blockHash: hash, config },
      (p, caller) => {
        const found = findHeader({ hash: p.blockHash, requireCanonical: false }, modules)
        if (found === undefined) throw new RpcError('failed', `block ${p.blockHash} not found`)
        return traceBlock(found, p.config, caller)
      },
    ),
    debug_traceCall: method(
      traceOf('What a call would do on the state after a block, or before a transaction of it.'),
      { transaction: transactionRequest, block: blockOrLatest, config: optional(traceCallConfig) },
      (p, caller) => {
        const { stateOverrides: overrides, blockOverrides: block, index, ...chosen } = p.config ?? DEFAULT_CALL_CONFIG
        const { header, hash } = requireHeader(p.block, modules)
        if (index !== undefined && header.number === 0n) throw new RpcError('failed', 'genesis is not traceable')
        const request = boundedCall(p.transaction, options.callGasLimit, options)
        const calls = [{ request, report: { kind: 'tracer', tracer: chosen.tracer } as const }]
        const context = { header, hash, overrides }
        const work = { kind: 'calls', context, block, index, calls, isList: false } as const
        return traces.stream(work, caller, chosen.timeoutMs)
      },
    ),
  }
}

function nameOf(block: z.output<typeof blockNumberOrTag>): string {
  if ('number' in block) return `#${block.number}`
  return 'tag' in block ? block.tag : block.hash
}

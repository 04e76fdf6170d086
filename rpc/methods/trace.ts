import { z } from 'zod'
import type { ReplayOptions } from '../../execution/tracing/replay-report.ts'
import type { ReportOptions } from '../../execution/tracing/reports.ts'
import { DecodeError } from '../../primitives/errors.ts'
import { recoverSender, transactionChainId } from '../../primitives/transaction.ts'
import { findHeader, requireHeader } from '../block-lookup.ts'
import { boundedCall } from '../bounded-call.ts'
import { decodeRaw } from '../decode-raw.ts'
import { RpcError } from '../errors.ts'
import type { Caller, MethodTable } from '../method.ts'
import { method } from '../method.ts'
import type { RpcOptions } from '../options.ts'
import {
  address,
  type BlockParameter,
  blockNumberOrTag,
  blockOrLatest,
  blockParameter,
  count,
  data,
  hash,
  optional,
  type TransactionRequest,
  transactionRequest,
} from '../parameters.ts'
import { Traces, type TracingModules, type TracingOptions } from '../tracing.ts'

/** Depth of a trace address, and addresses of a filter. */
const MAX_PATH = 1_025
const MAX_ADDRESSES = 1_000
/** Calls of one trace_callMany. */
const MAX_CALLS = 1_000

const TYPES = ['trace', 'vmTrace', 'stateDiff'] as const

const traceTypes = z
  .array(z.enum(TYPES, { error: `must be of ${TYPES.join(', ')}` }))
  .max(TYPES.length)
  .transform((types): ReplayOptions => {
    const has = (type: (typeof TYPES)[number]) => types.includes(type)
    return { kind: 'replay', trace: has('trace'), vmTrace: has('vmTrace'), stateDiff: has('stateDiff') }
  })

const filter = z.object({
  fromBlock: optional(blockNumberOrTag),
  toBlock: optional(blockNumberOrTag),
  fromAddress: optional(z.array(address).max(MAX_ADDRESSES)),
  toAddress: optional(z.array(address).max(MAX_ADDRESSES)),
  after: optional(count),
  count: optional(count),
})

const callWithTypes = z.tuple([transactionRequest, traceTypes])

const traceList = () => z.array(z.unknown()).nullable().meta({ title: 'Traces' })
const replay = () => z.unknown().meta({ title: 'Output, trace, vmTrace and stateDiff' })

/**
 * trace_, as OpenEthereum had it (its wiki, JSONRPC-trace-module): transactions are executed again for it. A block or transaction that
 * is not there is `null`.
 */
export function openEthereumMethods(
  options: TracingOptions & Pick<RpcOptions, 'maxTraceBlocks' | 'maxTraceTimeoutMs'>,
  modules: TracingModules,
): MethodTable {
  const { blocks } = modules
  const traces = new Traces(options, modules)

  const ofTransaction = (transactionHash: z.output<typeof hash>, report: ReportOptions, caller: Caller) => {
    const location = blocks.transactionLocation(transactionHash)
    if (location === undefined) return null
    const { blockHash, index } = location
    return traces.stream({ kind: 'mined', blocks: [blockHash], index, report }, caller)
  }

  const ofBlock = (block: BlockParameter, report: ReportOptions, caller: Caller) => {
    const found = findHeader(block, modules)
    return found === undefined ? null : traces.stream({ kind: 'mined', blocks: [found.hash], report }, caller)
  }

  const onBlock = (block: BlockParameter) => {
    const { header, hash: blockHash } = requireHeader(block, modules)
    return { header, hash: blockHash }
  }

  return {
    trace_block: method(
      { summary: 'The calls of a block, and what it pays.', result: traceList },
      { block: blockParameter },
      (p, caller) => ofBlock(p.block, { kind: 'localized', withRewards: true }, caller),
    ),
    trace_transaction: method({ summary: 'The calls of a transaction.', result: traceList }, { hash }, (p, caller) =>
      ofTransaction(p.hash, { kind: 'localized', withRewards: false }, caller),
    ),
    trace_get: method(
      { summary: 'One call of a transaction, by the numbers that lead to it.', result: () => z.unknown() },
      { hash, path: z.array(count).max(MAX_PATH) },
      (p, caller) => ofTransaction(p.hash, { kind: 'localized', withRewards: false, at: p.path }, caller),
    ),
    trace_filter: method(
      { summary: 'Calls of a range of blocks by sender and recipient.', result: traceList },
      { filter },
      ({ filter: asked }, caller) => {
        const first = requireHeader(asked.fromBlock ?? { tag: 'earliest' }, modules).header.number
        const last = requireHeader(asked.toBlock ?? { tag: 'latest' }, modules).header.number
        if (last < first) throw new RpcError('invalid-params', 'fromBlock is after toBlock')
        if (last - first >= BigInt(options.maxTraceBlocks)) {
          throw new RpcError('limit-exceeded', `the range is longer than ${options.maxTraceBlocks} blocks`)
        }
        const hashes: z.output<typeof hash>[] = []
        for (let number = first; number <= last; number++) {
          const canonical = blocks.canonicalHash(number)
          if (canonical !== undefined) hashes.push(canonical)
        }
        const { fromAddress: from, toAddress: to, after: skip, count: most } = asked
        const report = { kind: 'localized', from, to, skip, count: most, withRewards: true } as const
        return traces.stream({ kind: 'mined', blocks: hashes, report }, caller, options.maxTraceTimeoutMs)
      },
    ),
    trace_replayTransaction: method(
      { summary: 'What a transaction did, of the kinds asked for.', result: replay },
      { hash, types: traceTypes },
      (p, caller) => {
        const answer = ofTransaction(p.hash, p.types, caller)
        if (answer === null) throw new RpcError('failed', 'transaction not found')
        return answer
      },
    ),
    trace_replayBlockTransactions: method(
      { summary: 'What each transaction of a block did, of the kinds asked for.', result: traceList },
      { block: blockParameter, types: traceTypes },
      (p, caller) => ofBlock(p.block, p.types, caller),
    ),
    trace_call: method(
      { summary: 'What a call would do, of the kinds asked for.', result: replay },
      { transaction: transactionRequest, types: traceTypes, block: blockOrLatest },
      (p, caller) => {
        const calls = [{ request: boundedCall(p.transaction, options.callGasLimit, options), report: p.types }]
        return traces.stream({ kind: 'calls', context: onBlock(p.block), calls, isList: false }, caller)
      },
    ),
    trace_rawTransaction: method(
      { summary: 'What a signed transaction would do on the head, of the kinds asked for.', result: replay },
      { transaction: data, types: traceTypes },
      (p, caller) => {
        const request = boundedCall(signedRequest(p.transaction), undefined, options)
        const calls = [{ request, report: p.types }]
        return traces.stream({ kind: 'calls', context: onBlock({ tag: 'latest' }), calls, isList: false }, caller)
      },
    ),
    trace_callMany: method(
      { summary: 'What calls would do, each on what the ones before it left.', result: traceList },
      { calls: z.array(callWithTypes).max(MAX_CALLS), block: blockOrLatest },
      (p, caller) => {
        const calls = p.calls.map(([request, report]) => {
          return { request: boundedCall(request, options.callGasLimit, options), report }
        })
        return traces.stream({ kind: 'calls', context: onBlock(p.block), calls, isList: true }, caller)
      },
    ),
  }
}

/** What a signed transaction asks for. Throws -32602 for bytes that are none, or that nobody signed. */
function signedRequest(raw: Uint8Array): TransactionRequest {
  const argument = '0 (transaction)'
  const { transaction } = decodeRaw(raw, argument)
  try {
    const from = recoverSender(transaction)
    return { ...transaction, from, hasFrom: true, chainId: transactionChainId(transaction), type: undefined }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw new RpcError('invalid-params', `invalid argument ${argument}: ${error.message}`)
  }
}

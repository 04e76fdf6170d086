import { setImmediate as nextTurn } from 'node:timers/promises'
import { z } from 'zod'
import { type Hash, quantityToHex } from '../primitives/hex.ts'
import { StorageError } from '../storage/storage-error.ts'
import { findHeader, requireHeader } from './block-lookup.ts'
import { RpcError } from './errors.ts'
import { askUpstream, upstreamLog } from './forked-methods.ts'
import { LogListText } from './format/log-text.ts'
import type { FormattedLog } from './format/receipt.ts'
import type { JsonText } from './json-text.ts'
import { type FoundLog, LogMatcher } from './log-matcher.ts'
import type { RpcModules, UpstreamReader } from './modules.ts'
import type { RpcOptions } from './options.ts'
import type { BlockParameter, LogCriteria, LogQuery } from './parameters.ts'

/** Headers looked at before others get their turn: about 2 ms of blooms. */
const BLOCKS_PER_TURN = 256

/** `0x`. */
const DATA_PREFIX = 2

type LogLimits = Pick<RpcOptions, 'maxLogRange' | 'maxLogs' | 'maxResponseBytes'>

/**
 * The logs of canonical blocks in a range, or of one block by hash, in block order. Throws -32602 for a range that is
 * none, -32005 for one wider than `maxLogRange`, with more than `maxLogs` results or with more data than an answer may have.
 */
export async function searchLogs(
  query: LogQuery,
  options: LogLimits,
  modules: Pick<RpcModules, 'blocks' | 'chain' | 'upstream'>,
): Promise<JsonText> {
  const { upstream } = modules
  const point = upstream?.point
  const matcher = new LogMatcher(query)
  const found = new LogAnswer(options)
  if (query.blockHash !== undefined) {
    const isUpstreams = query.blockHash === point?.hash || modules.blocks.header(query.blockHash) === undefined
    if (upstream !== undefined && point !== undefined && isUpstreams) {
      return found.addObjects(await upstreamLogs(query, { blockHash: query.blockHash }, upstream)).text()
    }
    const { hash } = requireHeader({ hash: query.blockHash, requireCanonical: false }, modules)
    return found.add(matcher.of({ hash, removed: false }, modules)).text()
  }
  const head = modules.chain.head().header.number
  const from = numberOf(query.fromBlock, modules)
  const to = numberOf(query.toBlock, modules)
  if (from > to) throw new RpcError('invalid-params', 'invalid block range params')
  if (to > head) throw new RpcError('invalid-params', 'block range extends beyond current head block')
  if (to - from >= BigInt(options.maxLogRange)) {
    throw new RpcError('limit-exceeded', `query exceeds max block range ${options.maxLogRange}`)
  }
  let first = from
  if (upstream !== undefined && point !== undefined && from <= point.number) {
    const last = to < point.number ? to : point.number
    const range = { fromBlock: quantityToHex(from), toBlock: quantityToHex(last) }
    found.addObjects(await upstreamLogs(query, range, upstream))
    first = last + 1n
  }
  for (let number = first; number <= to; number += 1n) {
    const located = findHeader({ number }, modules)
    // The chain got shorter while others had their turn.
    if (located === undefined) break
    found.add(matcher.of({ hash: located.hash, removed: false }, modules))
    if ((number - from) % BigInt(BLOCKS_PER_TURN) === BigInt(BLOCKS_PER_TURN - 1)) await nextTurn()
  }
  return found.text()
}

/** Of blocks up to the fork point. Throws StorageError `upstream-failed` where one is of another. */
async function upstreamLogs(
  { addresses, topics }: LogCriteria,
  where: { readonly blockHash: Hash } | { readonly fromBlock: string; readonly toBlock: string },
  upstream: UpstreamReader,
): Promise<FormattedLog[]> {
  const criteria = {
    ...(addresses.length === 0 ? {} : { address: addresses }),
    ...(topics.length === 0 ? {} : { topics: topics.map((each) => (each.length === 0 ? null : each)) }),
  }
  const last = upstream.point?.number ?? 0n
  const logs = await askUpstream(upstream, 'eth_getLogs', [{ ...criteria, ...where }], z.array(upstreamLog))
  // Of a block that came after the fork point this chain knows nothing.
  const before = logs.filter(({ blockNumber }) => BigInt(blockNumber) <= last)
  if ('fromBlock' in where && before.some(({ blockNumber }) => BigInt(blockNumber) < BigInt(where.fromBlock))) {
    throw new StorageError('upstream-failed', `the upstream ${upstream.name} gave logs of other blocks than asked for`)
  }
  return before as unknown as FormattedLog[]
}

function numberOf(
  block: BlockParameter | undefined,
  modules: Pick<RpcModules, 'blocks' | 'chain' | 'upstream'>,
): bigint {
  if (modules.upstream?.point !== undefined && block !== undefined && 'tag' in block && block.tag === 'earliest')
    return 0n
  if (block !== undefined && 'number' in block) return block.number
  return requireHeader(block ?? { tag: 'latest' }, modules).header.number
}

/** Logs as they are found. Each block has but so many that its gas pays for. */
class LogAnswer {
  readonly #limits: LogLimits
  readonly #list = new LogListText()
  #count = 0
  #dataLength = 0

  constructor(limits: LogLimits) {
    this.#limits = limits
  }

  add(found: readonly FoundLog[]): this {
    for (const { log } of found) this.#dataLength += DATA_PREFIX + 2 * log.dataLength
    this.#count += found.length
    this.#checkLimits()
    for (const { log, site } of found) this.#list.add(log, site)
    return this
  }

  addObjects(logs: readonly FormattedLog[]): this {
    for (const { data } of logs) this.#dataLength += data.length
    this.#count += logs.length
    this.#checkLimits()
    for (const log of logs) this.#list.addObject(log)
    return this
  }

  text(): JsonText {
    return this.#list.end()
  }

  #checkLimits(): void {
    const { maxLogs, maxResponseBytes } = this.#limits
    if (this.#count > maxLogs) throw new RpcError('limit-exceeded', `query returned more than ${maxLogs} results`)
    if (this.#dataLength > maxResponseBytes) {
      throw new RpcError('limit-exceeded', `query returned more than ${maxResponseBytes} bytes: ask for fewer blocks`)
    }
  }
}

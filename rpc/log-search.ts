import { setImmediate as nextTurn } from 'node:timers/promises'
import type { CanonicalBlock } from '../consensus/head-change.ts'
import { bloomMayContain } from '../primitives/bloom.ts'
import type { Hash } from '../primitives/hex.ts'
import type { Log } from '../primitives/receipt.ts'
import { transactionHash } from '../primitives/transaction.ts'
import { findHeader, requireHeader } from './block-lookup.ts'
import { RpcError } from './errors.ts'
import { formatLog } from './format/receipt.ts'
import type { RpcModules } from './modules.ts'
import type { RpcOptions } from './options.ts'
import type { BlockParameter, LogCriteria, LogQuery } from './parameters.ts'

export type FormattedLog = ReturnType<typeof formatLog>

/** Headers looked at before others get their turn: about 2 ms of blooms. */
const BLOCKS_PER_TURN = 256

/** Whether a log is one of those wanted. */
export function matchesLog(log: Log, { addresses, topics }: LogCriteria): boolean {
  if (addresses.length > 0 && !addresses.includes(log.address)) return false
  if (topics.length > log.topics.length) return false
  return topics.every((alternatives, position) => {
    const topic = log.topics[position]
    return alternatives.length === 0 || (topic !== undefined && alternatives.includes(topic))
  })
}

/** Whether a block with this bloom may hold a log that is wanted: `false` is certain. */
export function bloomMayMatch(bloom: Uint8Array, { addresses, topics }: LogCriteria): boolean {
  return [addresses, ...topics].every(
    (alternatives) => alternatives.length === 0 || alternatives.some((entry) => bloomMayContain(bloom, entry)),
  )
}

/** The logs of a block that are wanted, as log objects. */
export function matchingLogs(changed: CanonicalBlock, criteria: LogCriteria, removed = false): FormattedLog[] {
  const { block, hash: blockHash, receipts } = changed
  const { header } = block
  if (!bloomMayMatch(header.logsBloom, criteria)) return []
  const found: FormattedLog[] = []
  let logIndex = 0
  for (const [transactionIndex, { logs }] of receipts.entries()) {
    for (const log of logs) {
      const transaction = block.transactions[transactionIndex]
      if (transaction !== undefined && matchesLog(log, criteria)) {
        const ofTransaction = { transactionHash: transactionHash(transaction), transactionIndex }
        found.push(formatLog(log, { header, blockHash, ...ofTransaction, logIndex, removed }))
      }
      logIndex += 1
    }
  }
  return found
}

/**
 * The logs of canonical blocks in a range, or of one block by hash, in block order. Throws -32602 for a range that is
 * none, -32005 for one wider than `maxLogRange` or with more than `maxLogs` results.
 */
export async function searchLogs(
  query: LogQuery,
  options: Pick<RpcOptions, 'maxLogRange' | 'maxLogs'>,
  modules: Pick<RpcModules, 'blocks' | 'chain'>,
): Promise<FormattedLog[]> {
  if (query.blockHash !== undefined) {
    const { hash } = requireHeader({ hash: query.blockHash, requireCanonical: false }, modules)
    return bounded(logsOfBlock(hash, query, modules), options.maxLogs)
  }
  const head = modules.chain.head().header.number
  const from = numberOf(query.fromBlock, modules)
  const to = numberOf(query.toBlock, modules)
  if (from > to) throw new RpcError('invalid-params', 'invalid block range params')
  if (to > head) throw new RpcError('invalid-params', 'block range extends beyond current head block')
  if (to - from >= BigInt(options.maxLogRange)) {
    throw new RpcError('limit-exceeded', `query exceeds max block range ${options.maxLogRange}`)
  }
  const found: FormattedLog[] = []
  for (let number = from; number <= to; number += 1n) {
    const located = findHeader({ number }, modules)
    // The chain got shorter while others had their turn.
    if (located === undefined) break
    if (bloomMayMatch(located.header.logsBloom, query)) found.push(...logsOfBlock(located.hash, query, modules))
    bounded(found, options.maxLogs)
    if ((number - from) % BigInt(BLOCKS_PER_TURN) === BigInt(BLOCKS_PER_TURN - 1)) await nextTurn()
  }
  return found
}

function logsOfBlock(hash: Hash, criteria: LogCriteria, { blocks }: Pick<RpcModules, 'blocks'>): FormattedLog[] {
  const block = blocks.block(hash)
  const receipts = blocks.receipts(hash)
  if (block === undefined || receipts === undefined) return []
  return matchingLogs({ block, hash, receipts }, criteria)
}

function numberOf(block: BlockParameter | undefined, modules: Pick<RpcModules, 'blocks' | 'chain'>): bigint {
  if (block !== undefined && 'number' in block) return block.number
  return requireHeader(block ?? { tag: 'latest' }, modules).header.number
}

function bounded(logs: FormattedLog[], maxLogs: number): FormattedLog[] {
  if (logs.length > maxLogs) throw new RpcError('limit-exceeded', `query returned more than ${maxLogs} results`)
  return logs
}

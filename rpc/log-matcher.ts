import { bloomMayContain } from '../primitives/bloom.ts'
import type { EncodedLog } from '../primitives/encoded-log.ts'
import type { Address, Hash } from '../primitives/hex.ts'
import { keccak256Hex } from '../primitives/keccak.ts'
import type { HeadStep } from './chain-news.ts'
import { RpcError } from './errors.ts'
import { type FormattedLog, formatLog, type LogSite } from './format/receipt.ts'
import type { LocatedHeader, RpcModules } from './modules.ts'
import type { BlockParameter, LogCriteria, LogQuery } from './parameters.ts'

/** A log that is wanted. */
export interface FoundLog {
  readonly log: EncodedLog
  /** The same object for the logs of one transaction. */
  readonly site: LogSite
}

/** A log query that is put to one block after the other. */
export class LogMatcher {
  readonly query: LogQuery
  readonly #from: bigint | undefined
  readonly #to: bigint | undefined
  readonly #addresses: ReadonlySet<Address>
  readonly #topics: readonly ReadonlySet<Hash>[]

  /** Throws -32602 for a range that is none. */
  constructor(query: LogQuery) {
    this.query = query
    this.#from = fixedNumber(query.fromBlock)
    this.#to = fixedNumber(query.toBlock)
    if (this.#from !== undefined && this.#to !== undefined && this.#from > this.#to) {
      throw new RpcError('invalid-params', 'invalid block range params')
    }
    this.#addresses = new Set(query.addresses)
    this.#topics = query.topics.map((alternatives) => new Set(alternatives))
  }

  /** Addresses and topics: what the query costs while it is kept. */
  get size(): number {
    return this.#topics.reduce((sum, alternatives) => sum + alternatives.size, this.#addresses.size)
  }

  /**
   * The logs of a block that are wanted; of one that has left the chain, marked `removed` and the last first, so that they
   * are taken back in the order opposite to that in which they came.
   */
  of({ hash, removed }: HeadStep, { blocks }: Pick<RpcModules, 'blocks'>): FoundLog[] {
    const header = blocks.header(hash)
    if (header === undefined || !this.#mayMatch({ header, hash })) return []
    const logs = blocks.logs(hash)?.filter((log) => this.#matches(log)) ?? []
    const transactions = logs.length === 0 ? undefined : blocks.encodedTransactions(hash)
    const found: FoundLog[] = []
    let site: LogSite | undefined
    for (const log of removed ? logs.reverse() : logs) {
      const { transactionIndex } = log
      const transaction = transactions?.[transactionIndex]
      if (transaction === undefined) continue
      if (site?.transactionIndex !== transactionIndex) {
        site = { header, blockHash: hash, transactionHash: keccak256Hex(transaction), transactionIndex, removed }
      }
      found.push({ log, site })
    }
    return found
  }

  #mayMatch({ header, hash }: LocatedHeader): boolean {
    const { blockHash } = this.query
    if (blockHash !== undefined && blockHash !== hash) return false
    if (this.#from !== undefined && header.number < this.#from) return false
    if (this.#to !== undefined && header.number > this.#to) return false
    return bloomMayMatch(header.logsBloom, this.query)
  }

  #matches(log: EncodedLog): boolean {
    if (this.#addresses.size > 0 && !this.#addresses.has(log.addressHex())) return false
    if (this.#topics.length > log.topicCount) return false
    return this.#topics.every((alternatives, position) => {
      return alternatives.size === 0 || alternatives.has(log.topic(position))
    })
  }
}

/** The log object of one that was found. */
export function formatFound({ log, site }: FoundLog): FormattedLog {
  return formatLog(log.decode(), site, log.logIndex)
}

/** Whether a block with this bloom may hold a log that is wanted: `false` is certain. */
function bloomMayMatch(bloom: Uint8Array, { addresses, topics }: LogCriteria): boolean {
  return [addresses, ...topics].every(
    (alternatives) => alternatives.length === 0 || alternatives.some((entry) => bloomMayContain(bloom, entry)),
  )
}

/** `undefined`: wherever the chain is when there is news. */
function fixedNumber(block: BlockParameter | undefined): bigint | undefined {
  if (block === undefined) return undefined
  if ('number' in block) return block.number
  return 'tag' in block && block.tag === 'earliest' ? 0n : undefined
}

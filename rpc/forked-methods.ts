import { z } from 'zod'
import { type Hash, isHash, quantityToHex } from '../primitives/hex.ts'
import type { ForkPoint } from '../storage/fork/fork-point.ts'
import { RecentCache } from '../storage/recent-cache.ts'
import { StorageError } from '../storage/storage-error.ts'
import { RpcError } from './errors.ts'
import type { Method } from './method.ts'
import type { RpcModules, UpstreamReader } from './modules.ts'
import { type BlockParameter, blockOrLatest, count } from './parameters.ts'

/** An upstream has answered with an error. */
export class UpstreamAnswerError extends Error {
  readonly answer: { readonly code: number; readonly reason: string; readonly data: string | undefined }

  constructor(message: string, answer: UpstreamAnswerError['answer']) {
    super(message)
    this.answer = answer
  }
}

type Modules = Pick<RpcModules, 'blocks' | 'chain' | 'pool'> & { readonly upstream: UpstreamReader }

const quantity = z.string().regex(/^0x[0-9a-fA-F]{1,64}$/)
const hash = z.string().regex(/^0x[0-9a-fA-F]{64}$/)
const bytes = z.string().regex(/^0x([0-9a-fA-F]{2})*$/)

/** Chains have fields of their own in these, which are left as they are. */
const block = z.looseObject({ number: quantity, hash, parentHash: hash, timestamp: quantity })
const transaction = z.looseObject({ hash, blockNumber: quantity, blockHash: hash })
const receipt = z.looseObject({ transactionHash: hash, blockNumber: quantity, blockHash: hash })
export const upstreamLog = z.looseObject({
  address: z.string().regex(/^0x[0-9a-fA-F]{40}$/),
  topics: z.array(hash).max(4),
  data: z.string().regex(/^0x[0-9a-fA-F]*$/),
  blockNumber: quantity,
  blockHash: hash,
  transactionHash: hash,
})
const something = z.json()

/** Where a method says of which block it asks, and what the answer must be at least. */
interface OfBlock {
  readonly position: number
  readonly result: z.ZodType
}

/** About a block itself: up to the fork point, of which this chain has the header alone. */
const BLOCK_METHODS: Readonly<Record<string, OfBlock>> = {
  eth_getBlockByNumber: { position: 0, result: block },
  eth_getBlockByHash: { position: 0, result: block },
  eth_getHeaderByNumber: { position: 0, result: something },
  eth_getHeaderByHash: { position: 0, result: something },
  eth_getBlockTransactionCountByNumber: { position: 0, result: quantity },
  eth_getBlockTransactionCountByHash: { position: 0, result: quantity },
  eth_getUncleCountByBlockNumber: { position: 0, result: quantity },
  eth_getUncleCountByBlockHash: { position: 0, result: quantity },
  eth_getUncleByBlockNumberAndIndex: { position: 0, result: something.nullable() },
  eth_getUncleByBlockHashAndIndex: { position: 0, result: something.nullable() },
  eth_getBlockReceipts: { position: 0, result: z.array(receipt) },
  eth_getTransactionByBlockNumberAndIndex: { position: 0, result: transaction.nullable() },
  eth_getTransactionByBlockHashAndIndex: { position: 0, result: transaction.nullable() },
  eth_getRawTransactionByBlockNumberAndIndex: { position: 0, result: bytes.nullable() },
  eth_getRawTransactionByBlockHashAndIndex: { position: 0, result: bytes.nullable() },
  debug_traceBlockByNumber: { position: 0, result: something },
  debug_traceBlockByHash: { position: 0, result: something },
  debug_getRawHeader: { position: 0, result: bytes },
  debug_getRawBlock: { position: 0, result: bytes },
  debug_getRawReceipts: { position: 0, result: z.array(bytes) },
  trace_block: { position: 0, result: something },
}

/** About the state after a block: before the fork point. */
const STATE_METHODS: Readonly<Record<string, OfBlock>> = {
  eth_getBalance: { position: 1, result: quantity },
  eth_getTransactionCount: { position: 1, result: quantity },
  eth_getCode: { position: 1, result: bytes },
  eth_getStorageAt: { position: 2, result: z.string().regex(/^0x[0-9a-fA-F]{0,64}$/) },
  eth_getAccountInfo: { position: 1, result: something },
  eth_getStorageValues: { position: 1, result: something },
  eth_call: { position: 1, result: bytes },
  eth_estimateGas: { position: 1, result: quantity },
  eth_createAccessList: { position: 1, result: something },
  eth_simulateV1: { position: 1, result: something },
  debug_traceCall: { position: 1, result: something },
  trace_call: { position: 2, result: something },
  trace_callMany: { position: 1, result: something },
}

/** About a whole state, which there is up to the fork point. */
const TRIE_METHODS: Readonly<Record<string, OfBlock>> = {
  eth_getProof: { position: 2, result: something },
  eth_getAccount: { position: 1, result: something },
}

/** About a transaction, by its hash, which comes first. */
const TRANSACTION_METHODS: Readonly<Record<string, z.ZodType>> = {
  eth_getTransactionByHash: transaction,
  eth_getTransactionReceipt: receipt,
  eth_getRawTransactionByHash: bytes,
  debug_getRawTransaction: bytes,
  debug_traceTransaction: something,
  trace_transaction: something,
  trace_get: something,
  trace_replayTransaction: something,
}

/**
 * Methods of a chain that may be a forked one: what they are asked about blocks before the fork point, and about what is in the
 * block there, is asked of the upstream in the same words.
 */
export function forkedMethods(methods: ReadonlyMap<string, Method>, modules: Modules): Map<string, Method> {
  const site = new ForkedSite(modules)
  const forked = new Map<string, Method>()
  const replace = (name: string, call: (inner: Method) => Method['call']): void => {
    const inner = methods.get(name)
    if (inner === undefined) return
    const ofFork = call(inner)
    const isForked = () => modules.upstream.point !== undefined
    forked.set(name, {
      ...inner,
      call: (parameters, caller) => (isForked() ? ofFork : inner.call)(parameters, caller),
    })
  }
  const ofBlock = (table: typeof BLOCK_METHODS, isOfState: boolean, isUpstreams: IsUpstreams): void => {
    for (const [name, { position, result }] of Object.entries(table)) {
      replace(name, (inner) => async (parameters, caller) => {
        const place = await site.before(parameters[position], isUpstreams)
        if (place === undefined) return await inner.call(parameters, caller)
        const asked = isOfState ? place.ofState : place.ofBlock
        const answer = await site.ask(name, withPlace(parameters, position, asked), result)
        site.requireSame(answer, place)
        return answer
      })
    }
  }
  ofBlock(BLOCK_METHODS, false, (number, point) => number <= point.number)
  ofBlock(STATE_METHODS, true, (number, point) => number < point.number)
  for (const [name, result] of Object.entries(TRANSACTION_METHODS)) {
    replace(name, (inner) => async (parameters, caller) => {
      const isUpstreams = await site.isTransactionBefore(parameters[0])
      return isUpstreams ? await site.ask(name, parameters, result) : await inner.call(parameters, caller)
    })
  }
  for (const [name, { position, result }] of Object.entries(TRIE_METHODS)) {
    replace(name, () => async (parameters) => {
      const place = await site.before(parameters[position], (number, point) => number <= point.number)
      if (place !== undefined) return await site.ask(name, withPlace(parameters, position, place.ofState), result)
      throw new RpcError(
        'not-supported',
        'of a state upon a fork there is no whole trie, and no root that proves anything',
      )
    })
  }
  replace('eth_feeHistory', (inner) => async (parameters, caller) => {
    const [blocks, newest, percentiles = []] = parameters
    const place = await site.before(newest, () => true)
    const asked = count.safeParse(blocks)
    const point = modules.upstream.point
    if (place === undefined || !asked.success || point === undefined) return await inner.call(parameters, caller)
    const length = Math.min(asked.data, MAX_FEE_BLOCKS)
    const own = Math.min(Math.max(Number(place.number - point.number), 0), length)
    if (own === length) return await inner.call(parameters, caller)
    const last = own > 0 ? point.number : place.number
    const params = [quantityToHex(length - own), quantityToHex(last), percentiles]
    const before = await askUpstream(modules.upstream, 'eth_feeHistory', params, fees)
    if (own === 0) return before
    return joinedFees(before, (await inner.call([own, newest, ...parameters.slice(2)], caller)) as Fees)
  })
  return forked
}

/** As eth_feeHistory itself has it. */
const MAX_FEE_BLOCKS = 1_024

const ratios = z.array(z.number()).max(MAX_FEE_BLOCKS)
const amounts = z.array(quantity).max(MAX_FEE_BLOCKS + 1)

const fees = z.looseObject({
  oldestBlock: quantity,
  baseFeePerGas: amounts,
  gasUsedRatio: ratios,
  baseFeePerBlobGas: amounts.nullish(),
  blobGasUsedRatio: ratios.nullish(),
  reward: z.array(amounts).max(MAX_FEE_BLOCKS).nullish(),
})

type Fees = z.output<typeof fees>

/** Of the blocks before, and those upon them, whose first base fee is known to both. */
function joinedFees(before: Fees, own: Fees): Fees {
  const length = before.gasUsedRatio.length
  const fill = <T>(values: readonly T[] | null | undefined, absent: T) =>
    Array.from({ length }, (_, index) => values?.[index] ?? absent)
  return {
    oldestBlock: before.oldestBlock,
    baseFeePerGas: [...fill(before.baseFeePerGas, '0x0'), ...own.baseFeePerGas],
    gasUsedRatio: [...before.gasUsedRatio, ...own.gasUsedRatio],
    baseFeePerBlobGas: [...fill(before.baseFeePerBlobGas, '0x0'), ...(own.baseFeePerBlobGas ?? [])],
    blobGasUsedRatio: [...fill(before.blobGasUsedRatio, 0), ...(own.blobGasUsedRatio ?? [])],
    ...(own.reward === undefined ? {} : { reward: [...fill(before.reward, []), ...(own.reward ?? [])] }),
  }
}

function withPlace(parameters: readonly unknown[], position: number, place: unknown): unknown[] {
  return [...parameters.slice(0, position), place, ...parameters.slice(position + 1)]
}

type IsUpstreams = (number: bigint, point: ForkPoint) => boolean

/** A block of the upstream, and how that is told of it. */
interface Place {
  readonly number: bigint
  readonly ofBlock: string
  /** EIP-1898. */
  readonly ofState: string | { readonly blockHash: Hash }
}

/** What is before the fork point. */
class ForkedSite {
  readonly #modules: Modules
  /** Hashes that name nothing up to a fork point, with what they were to name and that point: what is not there will not come. Clients ask again and again. */
  readonly #absent = new RecentCache<string, true>({ maxWeight: MAX_ABSENT })

  constructor(modules: Modules) {
    this.#modules = modules
  }

  /** The block, if it is the upstream's. What is none is for the method to refuse. */
  async before(given: unknown, isUpstreams: IsUpstreams): Promise<Place | undefined> {
    const { point } = this.#modules.upstream
    const parsed = blockOrLatest.safeParse(given ?? undefined)
    if (point === undefined || !parsed.success) return undefined
    const number = await this.#numberOf(parsed.data, point)
    if (number === undefined || !isUpstreams(number, point)) return undefined
    if (!('hash' in parsed.data)) return { number, ofBlock: quantityToHex(number), ofState: quantityToHex(number) }
    const { hash: blockHash } = parsed.data
    return { number, ofBlock: blockHash, ofState: { blockHash } }
  }

  /** Throws StorageError where it is another block than was asked for, or than the one forked: the upstream has changed its mind. */
  requireSame(answer: unknown, { number }: Place): void {
    const { point, name } = this.#modules.upstream
    const found = block.safeParse(answer)
    if (!found.success || point === undefined) return
    const isWanted = BigInt(found.data.number) === number
    if (isWanted && (number !== point.number || found.data.hash.toLowerCase() === point.hash)) return
    throw new StorageError('upstream-failed', `the upstream ${name} has another block ${number} than the one forked`)
  }

  async isTransactionBefore(given: unknown): Promise<boolean> {
    const { blocks, pool, upstream } = this.#modules
    const { point } = upstream
    if (point === undefined || typeof given !== 'string' || !isHash(given.toLowerCase())) return false
    const wanted = given.toLowerCase() as Hash
    if (blocks.transactionLocation(wanted) !== undefined || pool.get(wanted) !== undefined) return false
    return await this.#isBefore('transaction', wanted, point, async () => {
      return (await askUpstream(upstream, 'eth_getTransactionByHash', [wanted], foundTransaction))?.blockNumber
    })
  }

  /** What the upstream answers. Rejects as clients understand it. */
  async ask(method: string, params: readonly unknown[], result: z.ZodType): Promise<unknown> {
    return await askUpstream(this.#modules.upstream, method, params, result)
  }

  /** Of a block of this chain, or one of the upstream's up to the fork point. */
  async #numberOf(block: BlockParameter, point: ForkPoint): Promise<bigint | undefined> {
    const { blocks, chain, upstream } = this.#modules
    if ('number' in block) return block.number
    if ('tag' in block) return block.tag === 'earliest' ? 0n : chain.head().header.number
    const own = blocks.header(block.hash)
    if (own !== undefined) return own.number
    let number = 0n
    const isBefore = await this.#isBefore('block', block.hash, point, async () => {
      const found = await askUpstream(upstream, 'eth_getBlockByHash', [block.hash, false], foundBlock)
      number = BigInt(found?.number ?? 0)
      return found?.number
    })
    return isBefore ? number : undefined
  }

  /** Whether what the hash names, of which `numberOf` asks the upstream, is in a block up to the fork point. */
  async #isBefore(
    kind: 'block' | 'transaction',
    wanted: Hash,
    point: ForkPoint,
    numberOf: () => Promise<string | null | undefined>,
  ): Promise<boolean> {
    const key = `${kind} ${point.hash} ${wanted}`
    if (this.#absent.get(key, () => undefined) !== undefined) return false
    const number = await numberOf()
    const isBefore = number !== null && number !== undefined && BigInt(number) <= point.number
    if (!isBefore) this.#absent.get(key, () => true)
    return isBefore
  }
}

const MAX_ABSENT = 10_000

const foundBlock = block.nullable()
/** One that waits there is in no block. */
const foundTransaction = z.looseObject({ hash, blockNumber: quantity.nullish() }).nullable()

/** The answer of an upstream, as far as it is what `result` says. Throws RpcError, StorageError `upstream-failed`. */
export async function askUpstream<T>(
  upstream: UpstreamReader,
  method: string,
  params: readonly unknown[],
  result: z.ZodType<T>,
): Promise<T> {
  let answer: unknown
  try {
    answer = await upstream.answer(method, params, (given) => result.safeParse(given).success)
  } catch (error) {
    throw error instanceof UpstreamAnswerError ? refusal(error) : error
  }
  const parsed = result.safeParse(answer)
  if (parsed.success) return parsed.data
  throw new StorageError('upstream-failed', `the upstream ${upstream.name} gave an answer to ${method} that is none`)
}

/** That of a reverted call as it is. */
function refusal({ message, answer }: UpstreamAnswerError): RpcError {
  const { code, reason, data } = answer
  const isRevert = code === 3 || (data !== undefined && /revert/i.test(reason))
  const isData = data !== undefined && /^0x([0-9a-fA-F]{2})*$/.test(data)
  return isRevert && isData ? new RpcError('reverted', reason, data) : new RpcError('unavailable', message)
}

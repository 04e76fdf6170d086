import type { z } from 'zod'
import { type Header, headerHash } from '../../primitives/header.ts'
import { type Address, type Hash, quantityToHex, wordToHash, ZERO_ADDRESS } from '../../primitives/hex.ts'
import type { ForkPoint } from '../../storage/fork/fork-point.ts'
import { StorageError } from '../../storage/storage-error.ts'
import type { AnswerCache } from './answer-cache.ts'
import { blockObject, code, quantity, word } from './schemas.ts'
import type { UpstreamClient } from './upstream-client.ts'
import { UpstreamRefusal } from './upstream-refusal.ts'

/** How an upstream is told which block's state is meant: by hash (EIP-1898), else by number. */
export type BlockReference = { readonly blockHash: Hash } | string

/** A block of another chain, found there. */
export interface LocatedBlock {
  readonly point: ForkPoint
  readonly header: Header
  readonly reference: BlockReference
}

/** An account as the upstream has it after the fork point. */
export interface UpstreamAccount {
  readonly nonce: bigint
  readonly balance: bigint
  readonly code: Uint8Array
}

/** Another chain up to a block of it, which is asked for over JSON-RPC and remembered. */
export class Upstream {
  readonly point: ForkPoint
  readonly header: Header
  #reference: BlockReference
  readonly #answers: AnswerCache
  #client: UpstreamClient

  constructor(located: LocatedBlock, modules: { readonly client: UpstreamClient; readonly answers: AnswerCache }) {
    this.point = located.point
    this.header = located.header
    this.#reference = located.reference
    this.#client = modules.client
    this.#answers = modules.answers
  }

  get name(): string {
    return this.#client.name
  }

  get client(): UpstreamClient {
    return this.#client
  }

  /** Asks another node from now on. Rejects when that one does not have the block. */
  async use(client: UpstreamClient): Promise<void> {
    const { point } = this
    const found = await locateBlock(client, point.number)
    if (found.point.chainId !== point.chainId || found.point.hash !== point.hash) {
      throw failed(client, `block ${point.number} is not ${point.hash} of chain ${point.chainId} there`)
    }
    this.#client.close()
    this.#client = client
    this.#reference = found.reference
  }

  /** `undefined`: there is none, or an empty one (EIP-161). */
  async account(address: Address): Promise<UpstreamAccount | undefined> {
    const at = this.#reference
    const [balance, nonce, ofAccount] = await Promise.all([
      this.#ask('eth_getBalance', [address, at], quantity(256)),
      this.#ask('eth_getTransactionCount', [address, at], quantity(64)),
      this.#ask('eth_getCode', [address, at], code),
    ])
    return balance === 0n && nonce === 0n && ofAccount.length === 0 ? undefined : { balance, nonce, code: ofAccount }
  }

  async slot(address: Address, slot: bigint): Promise<bigint> {
    return await this.#ask('eth_getStorageAt', [address, wordToHash(slot), this.#reference], word)
  }

  /** Of a block up to the fork point. */
  async blockHash(number: bigint): Promise<Hash | undefined> {
    if (number === this.point.number) return this.point.hash
    if (number > this.point.number) return undefined
    const block = await this.#ask('eth_getBlockByNumber', [quantityToHex(number), false], blockObject)
    const { hash } = checkedHeader(block, this.#client)
    if (block.header.number !== number) throw failed(this.#client, `what it gave as block ${number} is another one`)
    if (number + 1n === this.point.number && hash !== this.header.parentHash) {
      throw failed(this.#client, `its block ${number} is not the parent of block ${this.point.number}`)
    }
    return hash
  }

  /**
   * What the upstream answers, as it came; about what does not change any more, so that it is remembered if it is understood. `null`
   * may still become something else, and is not.
   */
  async answer(
    method: string,
    params: readonly unknown[],
    isUnderstood: (result: unknown) => boolean,
  ): Promise<unknown> {
    const key = `${method} ${JSON.stringify(params)}`
    const known = this.#answers.get(key)
    if (known !== undefined) return known
    const result = await this.#client.request(method, params)
    if (isUnderstood(result)) this.#answers.add(key, result)
    return result
  }

  /** To the end of what is on disk of it. */
  async close(): Promise<void> {
    this.#client.close()
    await this.#answers.flush()
  }

  /** Throws StorageError `upstream-failed` also where the upstream refuses: it has to have the state. */
  async #ask<T>(method: string, params: readonly unknown[], schema: z.ZodType<T>): Promise<T> {
    let result: unknown
    try {
      result = await this.answer(method, params, (given) => schema.safeParse(given).success)
    } catch (error) {
      if (!(error instanceof UpstreamRefusal)) throw error
      throw new StorageError('upstream-failed', error.message, {}, { cause: error })
    }
    const parsed = schema.safeParse(result)
    if (parsed.success) return parsed.data
    throw failed(this.#client, `its answer to ${method} is not understood: ${parsed.error.issues[0]?.message}`)
  }
}

/**
 * Finds a block of the chain of an upstream, the newest where none is named, and whether its state can be had there. Rejects with
 * StorageError `upstream-failed`, which says what is missing.
 */
export async function locateBlock(client: UpstreamClient, number: bigint | undefined): Promise<LocatedBlock> {
  const wanted = number === undefined ? 'latest' : quantityToHex(number)
  const [chainIdGiven, blockGiven] = await requested(client, [
    ['eth_chainId', []],
    ['eth_getBlockByNumber', [wanted, false]],
  ])
  const chainId = quantity(64).safeParse(chainIdGiven)
  if (!chainId.success) throw failed(client, 'its chain id is none')
  if (blockGiven === null) throw failed(client, `it has no block ${number ?? wanted}`)
  const block = blockObject.safeParse(blockGiven)
  if (!block.success) {
    const [issue] = block.error.issues
    throw failed(client, `its block ${number ?? wanted} is not understood: ${issue?.path.join('.')}: ${issue?.message}`)
  }
  const { header, hash } = checkedHeader(block.data, client)
  if (number !== undefined && header.number !== number)
    throw failed(client, `it gave block ${header.number} for ${number}`)
  const reference = await stateReference(client, header.number, hash)
  return { point: { chainId: chainId.data, number: header.number, hash }, header, reference }
}

/** How to name the block where its state is asked for. */
async function stateReference(client: UpstreamClient, number: bigint, blockHash: Hash): Promise<BlockReference> {
  let refusal = ''
  for (const reference of [{ blockHash }, quantityToHex(number)]) {
    try {
      const balance = await client.request('eth_getBalance', [ZERO_ADDRESS, reference])
      if (quantity(256).safeParse(balance).success) return reference
      refusal = 'a balance that is none'
    } catch (error) {
      if (!(error instanceof UpstreamRefusal)) throw error
      refusal = error.refusal.reason
    }
  }
  throw failed(
    client,
    `it does not give the state of block ${number}, for which it may have to be an archive node: ${refusal}`,
  )
}

/** Throws StorageError where the hash is not that of the header. */
function checkedHeader(
  { header, hash }: z.output<typeof blockObject>,
  client: UpstreamClient,
): { readonly header: Header; readonly hash: Hash } {
  let own: Hash | undefined
  try {
    own = headerHash(header)
  } catch {
    // Fields of no hardfork together.
  }
  if (own === hash) return { header, hash }
  throw failed(client, `the hash of its block ${header.number} is not that of the header as Ethereum has it`)
}

async function requested(
  client: UpstreamClient,
  requests: readonly (readonly [method: string, params: readonly unknown[]])[],
): Promise<unknown[]> {
  try {
    return await Promise.all(requests.map(([method, params]) => client.request(method, params)))
  } catch (error) {
    if (!(error instanceof UpstreamRefusal)) throw error
    throw new StorageError('upstream-failed', error.message, {}, { cause: error })
  }
}

function failed(client: UpstreamClient, what: string): StorageError {
  return new StorageError('upstream-failed', `the upstream ${client.name} cannot be used: ${what}`)
}

import type { Header } from '../primitives/header.ts'
import type { Hash } from '../primitives/hex.ts'
import type { Transaction } from '../primitives/transaction.ts'
import { effectiveTip } from '../primitives/transaction.ts'
import { RecentCache } from '../storage/recent-cache.ts'
import type { RpcModules } from './modules.ts'
import type { RpcOptions } from './options.ts'

/** How far back prices are looked at, and how many of the cheapest transactions of each block count (as geth does). */
const SAMPLE_BLOCKS = 20
const SAMPLES_PER_BLOCK = 3
const SAMPLE_PERCENTILE = 60

/** What the sender of a transaction pays the coinbase per gas, in wei. 0n when it pays less than the base fee. */
export function priorityFeeOf(transaction: Transaction, header: Header): bigint {
  const tip = effectiveTip(transaction, header.baseFeePerGas ?? 0n)
  return tip > 0n ? tip : 0n
}

/** The lowest priority fees of a block, in wei per gas. */
interface BlockSample {
  readonly fees: readonly bigint[]
  readonly parentHash: Hash
}

/** Suggests fees from what recent blocks accepted. */
export class FeeOracle {
  readonly #floor: bigint
  readonly #modules: Pick<RpcModules, 'blocks' | 'chain' | 'controls' | 'fees'>
  /** By block. */
  readonly #sampled = new RecentCache<Hash, BlockSample>({ maxWeight: 4 * SAMPLE_BLOCKS })
  #cached: { readonly head: string; readonly priorityFee: bigint } | undefined

  constructor(
    options: Pick<RpcOptions, 'priorityFeeFloor'>,
    modules: Pick<RpcModules, 'blocks' | 'chain' | 'controls' | 'fees'>,
  ) {
    this.#floor = options.priorityFeeFloor
    this.#modules = modules
  }

  /** Wei per gas on top of the base fee, at least the floor. */
  priorityFee(): bigint {
    const { hash } = this.#modules.chain.head()
    if (this.#cached?.head !== hash) this.#cached = { head: hash, priorityFee: this.#sample() }
    return this.#cached.priorityFee
  }

  /** Base fee of the next block, wei per gas. */
  nextBaseFee(): bigint {
    return this.#modules.fees.nextBaseFee(this.#modules.chain.head().header)
  }

  /**
   * A price for all of a transaction, wei per gas. Who has it first estimates gas with it, often on the head (`cast send --legacy`,
   * MetaMask): so it is not below the head's base fee either, but where its user has set the next one.
   */
  gasPrice(): bigint {
    const { chain, controls } = this.#modules
    const isSet = 'wishes' in controls && controls.wishes.current.next.baseFeePerGas !== undefined
    const nextBaseFee = this.nextBaseFee()
    const { baseFeePerGas = 0n } = isSet ? {} : chain.head().header
    return (nextBaseFee > baseFeePerGas ? nextBaseFee : baseFeePerGas) + this.priorityFee()
  }

  #sample(): bigint {
    const samples: bigint[] = []
    let { hash } = this.#modules.chain.head()
    for (let depth = 0; depth < SAMPLE_BLOCKS; depth += 1) {
      const sampled = this.#sampled.get(hash, () => this.#sampleOf(hash))
      if (sampled === undefined) break
      samples.push(...sampled.fees)
      hash = sampled.parentHash
    }
    samples.sort(ascending)
    const fee = samples[Math.floor(((samples.length - 1) * SAMPLE_PERCENTILE) / 100)] ?? 0n
    return fee > this.#floor ? fee : this.#floor
  }

  /** `undefined` for the genesis, and for what is not stored. */
  #sampleOf(hash: Hash): BlockSample | undefined {
    const block = this.#modules.blocks.block(hash)
    if (block === undefined || block.header.number === 0n) return undefined
    const fees = block.transactions.map((transaction) => priorityFeeOf(transaction, block.header)).sort(ascending)
    return { fees: fees.slice(0, SAMPLES_PER_BLOCK), parentHash: block.header.parentHash }
  }
}

function ascending(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}

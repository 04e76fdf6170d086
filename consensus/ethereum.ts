import { type ChainConfig, rulesAt } from '../config/chain.ts'
import { BlockError } from '../execution/block/block-error.ts'
import { equalBytes } from '../primitives/bytes.ts'
import type { Header } from '../primitives/header.ts'
import type { Engine, FinalityNumbers } from './engine.ts'
import { ethereumDifficulty } from './ethereum-difficulty.ts'
import { ETHEREUM_EXTRA_DATA_BYTES, NONCE_BYTES } from './limits.ts'
import { requireEqual } from './require-equal.ts'

const ZERO_NONCE = new Uint8Array(NONCE_BYTES)

/**
 * Ethereum's own chains, for import: difficulty before the Merge is checked, ethash seals are not; after it blocks come
 * without either (EIP-3675), and what a consensus layer would say of them is not known here. It makes no blocks.
 */
export class EthereumEngine implements Engine {
  readonly name = 'ethereum'
  readonly maxExtraDataBytes = ETHEREUM_EXTRA_DATA_BYTES
  readonly followsClock = true
  readonly makesEmptyBlocks = false
  readonly #config: ChainConfig

  constructor(options: { readonly config: ChainConfig }) {
    this.#config = options.config
  }

  earliestTimestamp(parent: Header): bigint {
    return parent.timestamp + 1n
  }

  prepare(): undefined {
    return undefined
  }

  async seal(): Promise<Header> {
    throw new Error('blocks of Ethereum are sealed by its own miners and validators')
  }

  verifyHeader(header: Header, parent: Header): void {
    const rules = rulesAt(this.#config, header.number, header.timestamp)
    const isMerged = rules.atLeast('paris')
    const expected = isMerged ? 0n : ethereumDifficulty(parent, header.timestamp, rules)
    requireEqual('wrong-difficulty', 'difficulty', expected, header.difficulty)
    if (isMerged && !equalBytes(header.nonce, ZERO_NONCE)) {
      throw new BlockError('wrong-nonce', 'nonce must be 0 after the Merge')
    }
  }

  finality(headNumber: bigint): FinalityNumbers {
    return { safe: headNumber, finalized: headNumber }
  }

  async close(): Promise<void> {}
}

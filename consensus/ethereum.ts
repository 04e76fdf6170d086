import { type ChainConfig, rulesAt } from '../config/chain.ts'
import { BlockError } from '../execution/block/block-error.ts'
import { equalBytes } from '../primitives/bytes.ts'
import type { Header } from '../primitives/header.ts'
import { devnetMixHash } from './devnet-randomness.ts'
import type { BlockPlace, Engine, EngineFields, FinalityNumbers } from './engine.ts'
import { ethereumDifficulty } from './ethereum-difficulty.ts'
import { ETHEREUM_EXTRA_DATA_BYTES, ZERO_NONCE } from './limits.ts'
import { requireEqual } from './require-equal.ts'

/**
 * Ethereum's own chains, for import: difficulty before the Merge is checked, ethash seals are not; after it blocks come
 * without either (EIP-3675), and what a consensus layer would say of them is not known here. After the Merge it can carry
 * on such a chain by itself, as `instant` does.
 */
export class EthereumEngine implements Engine {
  readonly name = 'ethereum'
  readonly maxExtraDataBytes = ETHEREUM_EXTRA_DATA_BYTES
  readonly followsClock = false
  readonly makesEmptyBlocks = false
  readonly #config: ChainConfig

  constructor(options: { readonly config: ChainConfig }) {
    this.#config = options.config
  }

  earliestTimestamp(parent: Header): bigint {
    return parent.timestamp + 1n
  }

  prepare(child: BlockPlace): EngineFields | undefined {
    if (!this.#rulesOf(child).atLeast('paris')) return undefined
    return { difficulty: 0n, mixHash: devnetMixHash(child), nonce: ZERO_NONCE }
  }

  async seal(header: Header, signal: AbortSignal): Promise<Header> {
    signal.throwIfAborted()
    return header
  }

  verifyHeader(header: Header, parent: Header): void {
    const rules = this.#rulesOf(header)
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

  #rulesOf({ number, timestamp }: BlockPlace) {
    return rulesAt(this.#config, number, timestamp)
  }
}

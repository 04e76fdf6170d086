import { BlockError } from '../execution/block/block-error.ts'
import { equalBytes } from '../primitives/bytes.ts'
import type { Header } from '../primitives/header.ts'
import { checkDevnetMixHash, devnetMixHash } from './devnet-randomness.ts'
import type { BlockPlace, Engine, EngineFields, FinalityNumbers } from './engine.ts'
import { ETHEREUM_EXTRA_DATA_BYTES, ZERO_NONCE } from './limits.ts'
import { requireEqual } from './require-equal.ts'

/** One node, no seal: a block as soon as there are transactions (and the period, if any, is over), final at once. */
export class InstantEngine implements Engine {
  readonly name = 'instant'
  readonly maxExtraDataBytes = ETHEREUM_EXTRA_DATA_BYTES
  readonly followsClock: boolean
  readonly makesEmptyBlocks = false
  readonly #periodSeconds: number
  readonly #choosesMixHash: boolean

  /** With `controls` mixHash is the producer's to choose. */
  constructor(options: { readonly periodSeconds: number; readonly controls?: boolean | undefined }) {
    this.#periodSeconds = options.periodSeconds
    this.#choosesMixHash = options.controls ?? false
    this.followsClock = options.periodSeconds > 0
  }

  earliestTimestamp(parent: Header): bigint {
    return parent.timestamp + BigInt(Math.max(this.#periodSeconds, 1))
  }

  prepare(child: BlockPlace): EngineFields {
    return { difficulty: 0n, mixHash: devnetMixHash(child), nonce: ZERO_NONCE }
  }

  async seal(header: Header, signal: AbortSignal): Promise<Header> {
    signal.throwIfAborted()
    return header
  }

  verifyHeader(header: Header): void {
    requireEqual('wrong-difficulty', 'difficulty', 0n, header.difficulty)
    if (!equalBytes(header.nonce, ZERO_NONCE)) throw new BlockError('wrong-nonce', 'nonce must be 0')
    if (!this.#choosesMixHash) checkDevnetMixHash(header)
  }

  finality(headNumber: bigint): FinalityNumbers {
    return { safe: headNumber, finalized: headNumber }
  }

  async close(): Promise<void> {}
}

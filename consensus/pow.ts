import { BlockError } from '../execution/block/block-error.ts'
import type { Header } from '../primitives/header.ts'
import type { Hash } from '../primitives/hex.ts'
import { checkDevnetMixHash, devnetMixHash } from './devnet-randomness.ts'
import type { BlockPlace, Engine, EngineFields, FinalityNumbers } from './engine.ts'
import { ETHEREUM_EXTRA_DATA_BYTES, ZERO_NONCE } from './limits.ts'
import { nextDifficulty } from './pow-difficulty.ts'
import { firstNonce, isSealed, nonceToBytes, sealHash, sealTarget } from './pow-seal.ts'
import { PowSearch } from './pow-search.ts'
import { requireEqual } from './require-equal.ts'

export interface PowOptions {
  readonly periodSeconds: number
  readonly minimumDifficulty: bigint
  /** Moves the start of every nonce search, so that a run can be repeated or varied. */
  readonly seed: Hash
  /** How fast this node searches: a limit that spares the machine, no rule of the chain. */
  readonly hashesPerSecond: number
}

/**
 * At 4096 hashes a second the difficulty settles near 3500 for one miner and a period of 2 s, and the search takes 0.3 % of
 * a core (0.6 microseconds a hash measured).
 */
export const DEFAULT_HASHES_PER_SECOND = 4096

/** Blocks on top of a `safe` one: two miners 30 ms apart fork in about 1 slot of 50, so 6 in a row is 1 in 10^10. */
const SAFE_CONFIRMATIONS = 6n
/** Blocks on top of a `finalized` one, an epoch of Ethereum. Nothing forbids a deeper reorg: it is very unlikely, no more. */
const FINALIZED_CONFIRMATIONS = 32n

/** Proof of work by keccak: the branch with the most total difficulty wins. See `pow-seal.ts` and `pow-difficulty.ts`. */
export class PowEngine implements Engine {
  readonly name = 'pow'
  readonly maxExtraDataBytes = ETHEREUM_EXTRA_DATA_BYTES
  readonly followsClock = true
  readonly makesEmptyBlocks = true
  readonly #options: PowOptions
  readonly #periodSeconds: bigint
  readonly #search: PowSearch

  constructor(options: PowOptions) {
    this.#options = options
    this.#periodSeconds = BigInt(options.periodSeconds)
    this.#search = new PowSearch({ hashesPerSecond: options.hashesPerSecond })
  }

  earliestTimestamp(parent: Header): bigint {
    return parent.timestamp + this.#periodSeconds
  }

  prepare(child: BlockPlace, parent: Header): EngineFields {
    return { difficulty: this.#difficulty(child.timestamp, parent), mixHash: devnetMixHash(child), nonce: ZERO_NONCE }
  }

  async seal(header: Header, signal: AbortSignal): Promise<Header> {
    const hash = sealHash(header)
    const search = { sealHash: hash, target: sealTarget(header.difficulty) }
    const nonce = await this.#search.find(search, firstNonce(this.#options.seed, hash), signal)
    return { ...header, nonce: nonceToBytes(nonce) }
  }

  verifyHeader(header: Header, parent: Header): void {
    requireEqual('wrong-difficulty', 'difficulty', this.#difficulty(header.timestamp, parent), header.difficulty)
    checkDevnetMixHash(header)
    if (!isSealed(header)) throw new BlockError('wrong-seal', 'the nonce does not meet the difficulty')
  }

  finality(headNumber: bigint): FinalityNumbers {
    const below = (confirmations: bigint) => (headNumber > confirmations ? headNumber - confirmations : 0n)
    return { safe: below(SAFE_CONFIRMATIONS), finalized: below(FINALIZED_CONFIRMATIONS) }
  }

  async close(): Promise<void> {
    await this.#search.close()
  }

  #difficulty(timestamp: bigint, parent: Header): bigint {
    const { minimumDifficulty } = this.#options
    return nextDifficulty(parent, timestamp, { periodSeconds: this.#periodSeconds, minimumDifficulty })
  }
}

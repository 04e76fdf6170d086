import { BlockError } from '../execution/block/block-error.ts'
import { equalBytes } from '../primitives/bytes.ts'
import type { Header } from '../primitives/header.ts'
import { checkDevnetMixHash, devnetMixHash } from './devnet-randomness.ts'
import type { BlockPlace, Engine, EngineFields, FinalityNumbers } from './engine.ts'
import { ETHEREUM_EXTRA_DATA_BYTES, NONCE_BYTES } from './limits.ts'
import { requireEqual } from './require-equal.ts'

const NO_NONCE = new Uint8Array(NONCE_BYTES)

/** One node, no seal: a block as soon as there are transactions, final at once. */
export class InstantEngine implements Engine {
  readonly name = 'instant'
  readonly maxExtraDataBytes = ETHEREUM_EXTRA_DATA_BYTES
  readonly followsClock = false
  readonly makesEmptyBlocks = false

  earliestTimestamp(parent: Header): bigint {
    return parent.timestamp + 1n
  }

  prepare(child: BlockPlace): EngineFields {
    return { difficulty: 0n, mixHash: devnetMixHash(child), nonce: NO_NONCE }
  }

  async seal(header: Header, signal: AbortSignal): Promise<Header> {
    signal.throwIfAborted()
    return header
  }

  verifyHeader(header: Header): void {
    requireEqual('wrong-difficulty', 'difficulty', 0n, header.difficulty)
    if (!equalBytes(header.nonce, NO_NONCE)) throw new BlockError('wrong-nonce', 'nonce must be 0')
    checkDevnetMixHash(header)
  }

  finality(headNumber: bigint): FinalityNumbers {
    return { safe: headNumber, finalized: headNumber }
  }

  async close(): Promise<void> {}
}

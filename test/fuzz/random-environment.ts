import { HARDFORKS, type Hardfork, rulesFor } from '../../config/hardforks.ts'
import type { BlockEnvironment } from '../../execution/block/environment.ts'
import { wordToAddress, wordToHash, ZERO_HASH } from '../../primitives/hex.ts'
import { keccak256Hex } from '../../primitives/keccak.ts'
import type { Random } from '../support/random.ts'
import { randomUint } from './random-words.ts'

/** Those that have a date on mainnet: the later ones are the same to the EVM. */
export const FUZZED_HARDFORKS: readonly Hardfork[] = HARDFORKS.slice(0, HARDFORKS.indexOf('bpo2') + 1)

export const COINBASE = wordToAddress(0xc014ba5en)

/** The hardforks that are in use more often than each of the others. */
export function randomHardfork(random: Random): Hardfork {
  const kind = random.below(100)
  if (kind < 30) return 'osaka'
  if (kind < 50) return 'prague'
  if (kind < 65) return 'cancun'
  return random.pick(FUZZED_HARDFORKS)
}

/** What is the same in all blocks that nothing is drawn for. */
export const BLOCK = {
  chainId: 1n,
  number: 1n,
  timestamp: 1_700_000_000n,
  gasLimit: 30_000_000n,
  baseFeePerGas: 0n,
  difficulty: 0n,
  prevRandao: ZERO_HASH,
  excessBlobGas: 0n,
  blockHash: (number: bigint) => keccak256Hex(new TextEncoder().encode(`block ${number}`)),
}

export function randomEnvironment(random: Random, hardfork: Hardfork): BlockEnvironment {
  const rules = rulesFor(hardfork)
  return {
    ...BLOCK,
    rules,
    number: random.pick([1n, 255n, 256n, 257n, 1000n, 20_000_000n]),
    timestamp: 1_700_000_000n + BigInt(random.below(1000)),
    coinbase: COINBASE,
    baseFeePerGas: rules.hasBaseFee ? BigInt(random.below(1000)) : 0n,
    difficulty: rules.atLeast('paris') ? 0n : 131_072n,
    prevRandao: wordToHash(randomUint(random, 32)),
    excessBlobGas: BigInt(random.below(100_000_000)),
  }
}

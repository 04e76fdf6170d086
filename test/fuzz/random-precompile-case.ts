import type { Hardfork } from '../../config/hardforks.ts'
import { precompilesFor } from '../../execution/evm/precompiles/table.ts'
import { addressToWord, wordToAddress } from '../../primitives/hex.ts'
import type { Random } from '../support/random.ts'
import type { FuzzCase } from './fuzz-case.ts'
import { randomPrecompileInput } from './precompile-inputs.ts'
import { randomEnvironment } from './random-environment.ts'

const SENDER = wordToAddress(0xaa01n)
const MESSAGES = 4

/** Messages straight to precompiled contracts, a few of them costly. */
export function randomPrecompileCase(random: Random, hardfork: Hardfork, isQuick: boolean): FuzzCase {
  const environment = randomEnvironment(random, hardfork)
  const precompiles = [...precompilesFor(environment.rules).keys()]
  const messages = Array.from({ length: MESSAGES }, () => {
    const to = random.pick(precompiles)
    const data = randomPrecompileInput(random, addressToWord(to), { isCostly: random.chance(0.1), isQuick })
    return {
      sender: SENDER,
      to,
      value: random.chance(0.9) ? 0n : 1n,
      data,
      gas: BigInt(random.pick([1_000_000, 1_000_000, 300_000, random.below(5000), random.below(60_000)])),
      gasPrice: 1n,
      isStatic: false,
      accessList: [],
      blobVersionedHashes: [],
    }
  })
  return { kind: 'precompiles', environment, accounts: [[SENDER, { balance: 10n ** 18n }]], messages }
}

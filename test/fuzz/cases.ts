import type { Hardfork } from '../../config/hardforks.ts'
import { Random } from '../support/random.ts'
import type { CaseKind, FuzzCase } from './fuzz-case.ts'
import { randomBytecodeCase } from './random-bytecode-case.ts'
import { randomContractCase } from './random-contract-case.ts'
import { randomHardfork } from './random-environment.ts'
import { randomPrecompileCase } from './random-precompile-case.ts'

export interface CaseSelection {
  readonly seed: number
  /** `undefined`: all kinds, in such shares that they have about as many messages as time is worth. */
  readonly kind?: CaseKind | undefined
  readonly hardfork?: Hardfork | undefined
  /** Leaves out what takes seconds to prepare: optimized and large contracts, and proofs of point evaluations. */
  readonly isQuick: boolean
}

/** The case with this number: it depends on the selection and on nothing else, so that it can be made again alone. */
export function caseFor({ seed, kind, hardfork, isQuick }: CaseSelection, number: number): FuzzCase {
  const random = new Random(caseSeed(seed, number))
  const chosenKind = randomKind(random)
  const chosenHardfork = randomHardfork(random)
  return makeCase(kind ?? chosenKind, random, hardfork ?? chosenHardfork, isQuick)
}

function makeCase(kind: CaseKind, random: Random, hardfork: Hardfork, isQuick: boolean): FuzzCase {
  switch (kind) {
    case 'bytecode':
      return randomBytecodeCase(random, hardfork, isQuick)
    case 'contracts':
      return randomContractCase(random, hardfork, isQuick)
    case 'precompiles':
      return randomPrecompileCase(random, hardfork, isQuick)
  }
}

/** Cases of contracts have about 20 messages, those of bytecode 3: about a fifth of all messages is calls of contracts. */
function randomKind(random: Random): CaseKind {
  const kind = random.below(100)
  if (kind < 3) return 'contracts'
  return kind < 12 ? 'precompiles' : 'bytecode'
}

/** Seeds that lie next to each other give generators that have nothing to do with each other (mixer of MurmurHash3). */
export function caseSeed(seed: number, number: number): number {
  let mixed = (seed ^ Math.imul(number + 1, 0x9e3779b1)) >>> 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

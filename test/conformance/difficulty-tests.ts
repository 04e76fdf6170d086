import { ethereumDifficulty } from '../../consensus/ethereum-difficulty.ts'
import { ZERO_HASH } from '../../primitives/hex.ts'
import { EMPTY_OMMERS_HASH } from '../../primitives/keccak.ts'
import { rulesNamed, UNKNOWN_FORK } from './fork-names.ts'
import { type Case, difference, isRecord, type Suite, skippedCase } from './suite.ts'

interface DifficultyJson {
  readonly currentBlockNumber: string
  readonly currentTimestamp: string
  readonly currentDifficulty: string
  readonly parentTimestamp: string
  readonly parentDifficulty: string
  /** Not 0: the parent has ommers. */
  readonly parentUncles: string
}

/** Ethereum's DifficultyTests: the difficulty of a block by its parent, before the Merge. */
export const difficultyTests: Suite = {
  name: 'difficulty tests',
  matches: ({ json }) => isRecord(json) && Object.values(json).some((test) => forksOf(test).length > 0),
  *cases({ json }) {
    for (const test of Object.values(json as Record<string, unknown>)) {
      for (const [fork, cases] of forksOf(test)) {
        for (const [name, each] of Object.entries(cases)) yield caseOf(name, fork, each)
      }
    }
  },
}

/** The cases of a test by hardfork. */
function forksOf(test: unknown): (readonly [string, Record<string, DifficultyJson>])[] {
  if (!isRecord(test)) return []
  return Object.entries(test).flatMap(([fork, cases]) => {
    const isFork = isRecord(cases) && Object.values(cases).some((each) => isRecord(each) && 'parentDifficulty' in each)
    return isFork ? [[fork, cases as Record<string, DifficultyJson>] as const] : []
  })
}

function caseOf(name: string, fork: string, json: DifficultyJson): Case {
  const rules = rulesNamed(fork)
  if (rules === undefined) return skippedCase(name, fork, UNKNOWN_FORK)
  const parent = {
    number: BigInt(json.currentBlockNumber) - 1n,
    timestamp: BigInt(json.parentTimestamp),
    difficulty: BigInt(json.parentDifficulty),
    ommersHash: BigInt(json.parentUncles) === 0n ? EMPTY_OMMERS_HASH : ZERO_HASH,
  }
  const actual = () => ethereumDifficulty(parent, BigInt(json.currentTimestamp), rules)
  return { name, fork, run: () => ({ problem: difference('difficulty', actual(), BigInt(json.currentDifficulty)) }) }
}

import type { Rules } from '../config/hardforks.ts'
import type { Header } from '../primitives/header.ts'
import { EMPTY_OMMERS_HASH } from '../primitives/keccak.ts'

const BOUND_DIVISOR = 2048n
const MINIMUM_DIFFICULTY = 131_072n
const LOWEST_ADJUSTMENT = -99n
const BOMB_PERIOD = 100_000n
const FREE_BOMB_PERIODS = 2n

type DifficultyParent = Pick<Header, 'difficulty' | 'timestamp' | 'number' | 'ommersHash'>

/** By how many 2048ths of the parent's difficulty each rule moves it. `elapsed` is in seconds. */
const ADJUSTMENTS: Readonly<Record<Rules['difficultyRule'], (elapsed: bigint, parentHasOmmers: boolean) => bigint>> = {
  frontier: (elapsed) => (elapsed < 13n ? 1n : -1n),
  homestead: (elapsed) => atLeast(LOWEST_ADJUSTMENT, 1n - elapsed / 10n),
  byzantium: (elapsed, parentHasOmmers) => atLeast(LOWEST_ADJUSTMENT, (parentHasOmmers ? 2n : 1n) - elapsed / 9n),
}

/**
 * Difficulty of a child of `parent` before the Merge (Yellow Paper 4.3.4; EIP-2, EIP-100; the bomb put off by EIP-649,
 * 1234, 2384, 3554, 4345, 5133).
 */
export function ethereumDifficulty(parent: DifficultyParent, timestamp: bigint, rules: Rules): bigint {
  const elapsed = timestamp - parent.timestamp
  const adjustment = ADJUSTMENTS[rules.difficultyRule](elapsed, parent.ommersHash !== EMPTY_OMMERS_HASH)
  const adjusted = parent.difficulty + (parent.difficulty / BOUND_DIVISOR) * adjustment
  return atLeast(MINIMUM_DIFFICULTY, adjusted) + bomb(parent.number + 1n, rules.bombDelay)
}

function bomb(number: bigint, delay: bigint): bigint {
  const periods = (number > delay ? number - delay : 0n) / BOMB_PERIOD
  return periods < FREE_BOMB_PERIODS ? 0n : 2n ** (periods - FREE_BOMB_PERIODS)
}

function atLeast(minimum: bigint, value: bigint): bigint {
  return value < minimum ? minimum : value
}

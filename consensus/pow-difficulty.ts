import type { Header } from '../primitives/header.ts'

export interface PowDifficultyOptions {
  /** Least seconds between two blocks, and the interval aimed at. */
  readonly periodSeconds: bigint
  readonly minimumDifficulty: bigint
}

/** A block on time raises the difficulty by 1/256 ... */
const RAISE_DIVISOR = 256n
/** ... and a late one lowers it by 1/8 for each period that it is late, ... */
const LOWER_DIVISOR = 8n
/** ... at most by half. */
const MAX_PERIODS_LATE = 4n

/**
 * Difficulty of a child of `parent`, at least the minimum:
 *
 *     on time (elapsed <= period):  parent + max(parent / 256, 1)
 *     late:                         parent - parent / 8 * min(ceil((elapsed - period) / period), 4)
 *
 * A block may not come before its slot, so it is on time or late. One lowering undoes 32 raises, so that the balance is
 * where one block in 33 is late. Timestamps are whole seconds, hence a block is late when the search before it took longer
 * than period + 1; its duration is exponential, so its mean comes to (period + 1) / ln 33: 0.86 s at a period of 2 s.
 * Blocks keep their slots, and two miners rarely find one at once.
 */
export function nextDifficulty(
  parent: Pick<Header, 'difficulty' | 'timestamp'>,
  timestamp: bigint,
  options: PowDifficultyOptions,
): bigint {
  const { periodSeconds, minimumDifficulty } = options
  const late = timestamp - parent.timestamp - periodSeconds
  const adjusted =
    late <= 0n
      ? parent.difficulty + max(parent.difficulty / RAISE_DIVISOR, 1n)
      : parent.difficulty - (parent.difficulty / LOWER_DIVISOR) * min(ceilDivide(late, periodSeconds), MAX_PERIODS_LATE)
  return max(adjusted, minimumDifficulty)
}

function ceilDivide(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

import { platform } from 'node:os'
import koffi from 'koffi'

/** Something to time; what it returns is not looked at. */
export interface Subject {
  readonly name: string
  run(): unknown
}

export interface MeasureOptions {
  /** Rounds that are run and not counted. */
  readonly warmUps: number
  /** Rounds counted, of which medians are taken. */
  readonly rounds: number
}

/** Microseconds of each round, by the subject's name. */
export type Samples<Name extends string = string> = Readonly<Record<Name, readonly number[]>>

/** Reads a clock that counts microseconds. */
export type Clock = () => number

/** Time that passes: the only one that can show what several threads gain. */
export const wallClock: Clock = () => performance.now() * 1_000

/**
 * Time that this thread spends computing, so that what else the machine does stays out of it; where there is no such clock
 * the wall's. Node's own `threadCpuUsage` moves in steps of a millisecond and more.
 */
export function threadClock(): Clock {
  if (platform() !== 'linux') return wallClock
  const getTime = koffi.load(null).func('clock_gettime', 'int', ['int', 'void *'])
  const time = new BigInt64Array(2)
  return () => {
    getTime(CLOCK_THREAD_CPUTIME_ID, time)
    return Number(time[0]! * 1_000_000n) + Number(time[1]!) / 1_000
  }
}

/** From Linux's time.h. */
const CLOCK_THREAD_CPUTIME_ID = 3

/** Times all subjects in each round, in an order that turns, so that what slows the machine down slows all of them. */
export async function measureInTurns(
  subjects: readonly Subject[],
  { warmUps, rounds }: MeasureOptions,
  clock: Clock,
): Promise<Samples> {
  const samples: Record<string, number[]> = Object.fromEntries(subjects.map(({ name }) => [name, []]))
  for (let round = -warmUps; round < rounds; round++) {
    for (let turn = 0; turn < subjects.length; turn++) {
      const { name, run } = subjects[(turn + round + warmUps) % subjects.length]!
      const start = clock()
      await run()
      const elapsed = clock() - start
      if (round >= 0) samples[name]!.push(elapsed)
    }
  }
  return samples
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Median over the rounds of how much longer one took than the other: closer than the difference of two medians. */
export function medianDifference(longer: readonly number[], shorter: readonly number[]): number {
  return median(longer.map((value, round) => value - shorter[round]!))
}

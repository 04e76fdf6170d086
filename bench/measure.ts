import { platform } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import koffi from 'koffi'
import { Random } from '../test/support/random.ts'

/** Something to time: its steps are done one after the other, what they return is not looked at. */
export interface Subject {
  readonly steps: readonly Step[]
}

export interface Step {
  /** Unique among all steps that are measured together. */
  readonly name: string
  run(): unknown
}

export interface MeasureOptions {
  /** Rounds that are run and not counted. */
  readonly warmUps: number
  /** Rounds counted, of which medians are taken. */
  readonly rounds: number
}

/** Microseconds of each round, by the step's name. */
export type Samples = ReadonlyMap<string, readonly number[]>

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

/** Collects the garbage among what is new: what V8 does by itself every 60 MB or so, which is once or twice a block. */
export const collectGarbage = exposedCollector()

function exposedCollector(): () => void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options: { readonly type: 'minor' }) => void
  return () => collect({ type: 'minor' })
}

/**
 * Times all subjects in each round, so that what slows the machine down slows all of them. Each round has an order of its
 * own, for whoever runs after a sibling finds caches warm; and each subject begins without the garbage of others.
 */
export async function measureInTurns(
  subjects: readonly Subject[],
  { warmUps, rounds }: MeasureOptions,
  clock: Clock,
): Promise<Samples> {
  const samples = new Map<string, number[]>(subjects.flatMap(({ steps }) => steps.map(({ name }) => [name, []])))
  const random = new Random(ORDER_SEED)
  for (let round = -warmUps; round < rounds; round++) {
    for (const { steps } of shuffled(subjects, random)) {
      collectGarbage()
      for (const { name, run } of steps) {
        const start = clock()
        await run()
        const elapsed = clock() - start
        if (round >= 0) samples.get(name)!.push(elapsed)
      }
    }
  }
  return samples
}

/** The same orders in every run. */
const ORDER_SEED = 1

/** In an order of its own. */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const left = [...items]
  return items.map(() => left.splice(random.below(left.length), 1)[0]!)
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Rounds of several steps together: their sum in each. */
export function sumOf(samples: Samples, ...names: readonly string[]): number[] {
  const [first = [], ...others] = names.map((name) => samples.get(name) ?? [])
  return first.map((value, round) => others.reduce((sum, other) => sum + other[round]!, value))
}

/** Median over the rounds of how much longer one took than the other: closer than the difference of two medians. */
export function medianDifference(longer: readonly number[], shorter: readonly number[]): number {
  return median(longer.map((value, round) => value - shorter[round]!))
}

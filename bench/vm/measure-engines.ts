import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { bytesToHex } from '../../primitives/hex.ts'
import { Random } from '../../test/support/random.ts'
import { collectGarbage, median, shuffled } from '../measure.ts'
import type { Engine, RunResult, Workload } from './engine.ts'

/** Microseconds of a run, over several. */
export interface Summary {
  readonly median: number
  readonly min: number
  readonly max: number
  readonly runs: number
}

/** By the engine's name. */
export type Summaries = ReadonlyMap<string, Summary>

export interface EngineRounds {
  /** Turns of an engine that is not slow. */
  readonly rounds: number
  /** In each of them fast runs are repeated for so long. */
  readonly turnMs: number
  /** Runs go on for so long before those that count. */
  readonly warmUpMs: number
}

/** Says whether what is measured now can be used. */
export interface FairTimes {
  isFair(): boolean
}

/** Rounds of a workload that are taken again, at most, and how long to wait before that. */
const MAX_UNFAIR_ROUNDS = 20
const UNFAIR_WAIT_MS = 250

/** Runs before those that count, however long they take. */
const LEAST_WARM_UPS = 3
/** Of runs so slow, where the whole would take too long ... */
const SLOW_MS = 200
const ROUNDS_WHEN_SLOW = 7
/** ... and of runs even slower. Means over many calls need no more either. */
const VERY_SLOW_MS = 2_000
const FEW_ROUNDS = 3

/** How many turns an engine has whose runs take so long, all included. */
export function roundsFor(rounds: number, runMs: number): number {
  if (runMs > VERY_SLOW_MS) return Math.min(rounds, FEW_ROUNDS)
  return runMs > SLOW_MS ? Math.min(rounds, ROUNDS_WHEN_SLOW) : rounds
}

/**
 * Runs the workload once in each engine. Returns the gas that the first one used, which is one that tells.
 * @throws Error when outputs differ, or gas where engines tell it
 */
export async function agreedGas(engines: readonly Engine[], workload: Workload): Promise<bigint> {
  let first: { readonly name: string; readonly result: RunResult } | undefined
  for (const engine of engines) {
    const result = await engine.run(workload)
    first ??= { name: engine.name, result }
    const [ours, theirs] = [first.result, result].map(({ output }) => bytesToHex(output))
    if (ours !== theirs) {
      throw new Error(`${workload.name}: ${first.name} returns ${ours}, but ${engine.name} returns ${theirs}`)
    }
    if (result.gasUsed !== undefined && result.gasUsed !== first.result.gasUsed) {
      const gas = `${first.name} uses ${first.result.gasUsed} gas, but ${engine.name} ${result.gasUsed}`
      throw new Error(`${workload.name}: ${gas}`)
    }
  }
  if (first?.result.gasUsed === undefined) throw new Error(`${workload.name}: no engine that tells its gas`)
  return first.result.gasUsed
}

/**
 * Times the workload in all engines, in turns: what slows the machine down slows all of them. Each engine is warmed up
 * first; one that has fewer turns than the others is left out of the last rounds. Rounds that do not begin and end in `fairTimes` are
 * taken again, some times.
 */
export async function measureEngines(
  engines: readonly Engine[],
  workload: Workload,
  options: EngineRounds,
  fairTimes?: FairTimes,
): Promise<Summaries> {
  const turns: Turns[] = []
  for (const engine of engines) turns.push(await turnsFor(engine, workload, options))
  const random = new Random(ORDER_SEED)
  let patience = MAX_UNFAIR_ROUNDS
  const isFair = (): boolean => patience === 0 || (fairTimes?.isFair() ?? true)
  for (let round = 0; round < Math.max(...turns.map(({ rounds }) => rounds)); ) {
    const samples = isFair() ? await samplesOf(shuffled(turns, random), round) : undefined
    if (samples !== undefined && isFair()) {
      for (const turn of turns) turn.samples.push(...(samples.get(turn) ?? []))
      round++
    } else {
      patience--
      await sleep(UNFAIR_WAIT_MS)
    }
  }
  return new Map(turns.map(({ name, samples }) => [name, summaryOf(samples)]))
}

/** What those that have this round take in it. */
async function samplesOf(turns: readonly Turns[], round: number): Promise<ReadonlyMap<Turns, readonly number[]>> {
  const taken = new Map<Turns, number[]>()
  for (const turn of turns) {
    if (round >= turn.rounds) continue
    await restBeforeTurn()
    const samples: number[] = []
    for (let run = 0; run < turn.runs; run++) samples.push(await turn.sample())
    taken.set(turn, samples)
  }
  return taken
}

/** The same orders in every run. */
const ORDER_SEED = 1

interface Turns {
  /** The engine's. */
  readonly name: string
  readonly rounds: number
  /** In each round. */
  readonly runs: number
  /** Microseconds so far. */
  readonly samples: number[]
  /** Takes one. */
  sample(): Promise<number>
}

async function turnsFor(engine: Engine, workload: Workload, options: EngineRounds): Promise<Turns> {
  const { name } = engine
  if (engine.average) {
    const rounds = Math.min(options.rounds, FEW_ROUNDS)
    return { name, rounds, runs: 1, samples: [], sample: async () => await engine.average!(workload) }
  }
  const runMs = await warmedUp(engine, workload, options.warmUpMs)
  return {
    name,
    rounds: roundsFor(options.rounds, runMs),
    runs: Math.max(1, Math.floor(options.turnMs / runMs)),
    samples: [],
    sample: async () => (await engine.run(workload)).microseconds,
  }
}

/** Returns how many milliseconds the fastest run took, all included. */
async function warmedUp(engine: Engine, workload: Workload, warmUpMs: number): Promise<number> {
  const started = performance.now()
  let fastest = Number.POSITIVE_INFINITY
  for (let runs = 0; runs < LEAST_WARM_UPS || performance.now() - started < warmUpMs; runs++) {
    await restBeforeTurn()
    const start = performance.now()
    await engine.run(workload)
    fastest = Math.min(fastest, performance.now() - start)
    if (fastest > VERY_SLOW_MS) break
  }
  return fastest
}

/** Lets through what other threads have sent, and begins without the garbage of others. */
async function restBeforeTurn(): Promise<void> {
  await setImmediate()
  collectGarbage()
}

export function summaryOf(microseconds: readonly number[]): Summary {
  return {
    median: median(microseconds),
    min: Math.min(...microseconds),
    max: Math.max(...microseconds),
    runs: microseconds.length,
  }
}

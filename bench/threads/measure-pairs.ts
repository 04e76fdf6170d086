import type { Engine, Workload } from '../vm/engine.ts'
import { agreedGas, type EngineRounds, measureEngines, type Summaries } from '../vm/measure-engines.ts'
import { OurEngine } from '../vm/ours.ts'
import { HelperThreads } from './helper-threads.ts'
import { ProcessorCheck } from './processor-check.ts'
import { ThreadedEngine } from './threaded-engine.ts'
import type { Pair } from './workloads.ts'

export interface PairFigures {
  readonly pair: Pair
  /** How many times the calls of one processor the machine's two made, when it was last asked. */
  readonly capacity: number
  /** By the engine's name. */
  readonly summaries: Summaries
}

export interface PairModules {
  /** Measured beside ours where they support the workload without threads. Prepared for its contract already. */
  readonly others?: readonly Engine[]
  /** Hears how many pairs are done. */
  readonly onDone?: (pairs: number) => void
}

/** Names of our engines: the contract without threads, compiled in two ways, and the one with threads on one processor and on two. */
export const PLAIN = 'plain'
export const PLAIN_IR = 'plain by IR'
export const ONE = 'threads, 1 processor'
export const TWO = 'threads, 2 processors'

/**
 * Times the same work without threads and with them, when the machine's two processors are there for us as far as that can be waited
 * for (`ProcessorCheck`). @throws Error when any two engines return different things
 */
export async function measurePairs(
  pairs: readonly Pair[],
  options: EngineRounds,
  { others = [], onDone }: PairModules = {},
): Promise<readonly PairFigures[]> {
  const twins = new Map<Workload, Workload>(pairs.map(({ plain, threaded }) => [plain, threaded]))
  const irTwins = new Map<Workload, Workload>(pairs.map(({ plain, plainIR }) => [plain, plainIR]))
  const helpers = await HelperThreads.start(1)
  const processors = await ProcessorCheck.start()
  try {
    const ours = [
      new OurEngine('shipped', { withoutSetUp: true, name: PLAIN }),
      new ThreadedEngine(PLAIN_IR, { twins: irTwins }),
      new ThreadedEngine(ONE, { twins }),
      new ThreadedEngine(TWO, { twins, helpers }),
    ]
    const contracts = pairs.map(({ plain }) => plain.contract)
    for (const engine of ours) engine.prepare(contracts)
    const figures: PairFigures[] = []
    for (const pair of pairs) {
      const engines = [...ours, ...others].filter((engine) => engine.supports(pair.plain))
      await agreedGas(engines, pair.plain)
      const summaries = await measureEngines(engines, pair.plain, options, processors)
      figures.push({ pair, summaries, capacity: processors.capacity })
      onDone?.(figures.length)
    }
    return figures
  } finally {
    await processors.close()
    await helpers.close()
  }
}

import { measurePairs, ONE, type PairFigures, PLAIN, TWO } from '../threads/measure-pairs.ts'
import { type Pair, pairsOf, SERIES_NAMES, type SeriesName } from '../threads/workloads.ts'
import { ChosenEngine } from '../vm/chosen-engine.ts'
import type { Engine, Workload } from '../vm/engine.ts'
import { EthereumJsEngine } from '../vm/ethereumjs.ts'
import { agreedGas, measureEngines, type Summaries } from '../vm/measure-engines.ts'
import { OurEngine } from '../vm/ours.ts'
import { vmWorkloads } from '../vm/workloads.ts'
import { installed, type Program } from '../vm.ts'
import { digits, type OnStep, type Section, times } from './section.ts'
import type { Sizes } from './sizes.ts'

export interface OtherFigures {
  readonly name: OtherCall
  readonly call: Workload
  readonly summaries: Summaries
}

export interface CallFigures {
  readonly pairs: readonly PairFigures[]
  /** Of contracts without threads. */
  readonly others: readonly OtherFigures[]
  /** The virtual machine that ours is compared with, of those that are there. */
  readonly baseline: string
  /** All others, in the order of columns. */
  readonly engines: readonly string[]
  /** What could not be measured, in sentences. */
  readonly missing: readonly string[]
}

/** Where they stand in `vmWorkloads`: found by how their names begin. */
const OTHER_CALLS = {
  Fibonacci: 'Fibonacci number',
  CPUHeavy: 'CPUHeavy',
  KVStore: 'KVStore, ',
  ERC20: 'ERC-20, ',
} as const
export type OtherCall = keyof typeof OTHER_CALLS

/** Names of engines. */
const GETH = 'geth evm'
const ANVIL = 'anvil'

/** How many steps `measureCalls` takes. */
export function callSteps({ series }: Sizes): number {
  return SERIES_NAMES.reduce((sum, name) => sum + (series[name]?.length ?? 0), Object.keys(OTHER_CALLS).length)
}

/** Calls of contracts with threads and without, in our virtual machine and in others. */
export async function measureCalls(sizes: Sizes, programs: readonly Program[], onStep: OnStep): Promise<CallFigures> {
  const pairs = pairsOf(sizes.series)
  const otherCalls = otherCallsOf(vmWorkloads(sizes.otherCalls))
  const { programs: fast, missing } = await installed(programs)
  const smallest = smallestOf(pairs).map(({ plain }) => plain)
  const slow = [new OurEngine('reference', { withoutSetUp: true }), await EthereumJsEngine.create()]
  const others = [...fast, ...slow.map((engine) => new ChosenEngine(engine, smallest))]
  const workloads = [...pairs.map(({ plain }) => plain), ...otherCalls.values()]
  try {
    for (const engine of others) await engine.prepare(workloads.map(({ contract }) => contract))
    return {
      pairs: await measurePairs(pairs, sizes.calls, { others, onDone: onStep }),
      others: await measureOthers(otherCalls, fast, sizes, onStep),
      baseline: fast.some(({ name }) => name === GETH) ? GETH : ANVIL,
      engines: others.map(({ name }) => name),
      missing,
    }
  } finally {
    for (const engine of others) await engine.close()
  }
}

async function measureOthers(
  calls: ReadonlyMap<OtherCall, Workload>,
  programs: readonly Engine[],
  sizes: Sizes,
  onStep: OnStep,
): Promise<readonly OtherFigures[]> {
  const ours = new OurEngine('shipped', { withoutSetUp: true, name: PLAIN })
  ours.prepare([...calls.values()].map(({ contract }) => contract))
  const figures: OtherFigures[] = []
  for (const [name, call] of calls) {
    await agreedGas([ours, ...programs], call)
    figures.push({ name, call, summaries: await measureEngines([ours, ...programs], call, sizes.calls) })
    onStep()
  }
  return figures
}

/** Of KVStore the one that writes as many keys as it reads, of ERC-20 the one with many transfers. */
function otherCallsOf(workloads: readonly Workload[]): ReadonlyMap<OtherCall, Workload> {
  return new Map(
    Object.entries(OTHER_CALLS).map(([name, start]) => {
      const found = workloads.find((workload) => workload.name.startsWith(start) && !workload.name.endsWith(' read'))
      return [name as OtherCall, found!]
    }),
  )
}

function smallestOf(pairs: readonly Pair[]): readonly Pair[] {
  return pairs.filter((pair) => pairs.find(({ series }) => series === pair.series) === pair)
}

const UNITS: Readonly<Record<SeriesName, string>> = {
  MatrixMul: 'rows and columns of the matrices',
  MatrixAdd: 'rows and columns of the matrices, added 20 times',
  Substring: 'substrings of 50 bytes',
  Histogram: 'bytes counted',
  WordCount: 'bytes of text',
}

export function callsSection(figures: CallFigures): Section {
  const { pairs, engines, missing } = figures
  const names = [...new Set(pairs.map(({ pair }) => pair.series))]
  return {
    title: 'Contract execution latency by size',
    paragraphs: [
      'One call, warm, on a state in memory: the contract without sub-threads (*plain*), and the one that does the same in four of them, on one',
      'processor and on two. What every call takes is taken off, as with anvil. All engines must return the same before anything is timed. The',
      'reference interpreter, which says what our fast engines have to do, and @ethereumjs/evm are measured at the smallest sizes alone.',
      'A number in brackets is how many runs the median is over where they are fewer than five.',
      ...missing,
    ],
    charts: names.map((name) => ({
      kind: 'line',
      file: `calls-${name.toLowerCase()}`,
      title: `${name}: one call`,
      xLabel: UNITS[name],
      yLabel: 'ms',
      series: [PLAIN, ONE, TWO].map((engine) => ({
        name: engine,
        points: pairs
          .filter(({ pair }) => pair.series === name)
          .map(({ pair, summaries }) => ({ x: pair.size, y: summaries.get(engine)!.median / 1_000 })),
      })),
    })),
    reports: [
      {
        title: 'How many times as fast as others',
        columns: ['', `${TWO}: than ${PLAIN}`, ...figures.engines.map((engine) => `${TWO}: than ${engine}`)],
        rows: pairs.map(({ pair, summaries }) => [
          pair.plain.name,
          ratio(summaries, PLAIN, TWO),
          ...engines.map((engine) => ratio(summaries, engine, TWO)),
        ]),
        notes: [],
      },
      {
        title: 'Milliseconds of a call',
        columns: ['', PLAIN, ONE, TWO, ...engines],
        rows: pairs.map(({ pair, summaries }) => [
          pair.plain.name,
          ...[PLAIN, ONE, TWO, ...engines].map((engine) => milliseconds(summaries, engine)),
        ]),
        notes: [],
        figures: {
          unit: 'microseconds',
          calls: pairs.map(({ pair, summaries }) => ({ name: pair.plain.name, ...Object.fromEntries(summaries) })),
        },
      },
    ],
  }
}

function ratio(summaries: Summaries, other: string, ours: string): string {
  const theirs = summaries.get(other)
  return theirs === undefined ? '-' : times(theirs.median / summaries.get(ours)!.median)
}

/** Fewer runs than that are told. */
const USUAL_RUNS = 5

export function milliseconds(summaries: Summaries, engine: string): string {
  const summary = summaries.get(engine)
  if (summary === undefined) return '-'
  return `${digits(summary.median / 1_000)}${summary.runs < USUAL_RUNS ? ` (${summary.runs})` : ''}`
}

import { progressBar } from '../node/progress.ts'
import type { Report } from './report.ts'
import { measurePairs, ONE, type PairFigures, PLAIN, PLAIN_IR, TWO } from './threads/measure-pairs.ts'
import { pairsOf, type SeriesSizes } from './threads/workloads.ts'
import type { EngineRounds } from './vm/measure-engines.ts'

const NAMES = [PLAIN, PLAIN_IR, ONE, TWO] as const

export interface ThreadsOptions extends EngineRounds {
  readonly sizes: SeriesSizes
}

/** Contracts with four threads beside contracts that do the same without. */
export async function measureThreads(options: ThreadsOptions): Promise<Report> {
  const pairs = pairsOf(options.sizes)
  const progress = progressBar('contracts', pairs.length)
  try {
    return reportOf(await measurePairs(pairs, options, { onDone: progress.update }))
  } finally {
    progress.stop()
  }
}

function reportOf(figures: readonly PairFigures[]): Report {
  return {
    title: 'Threads: contracts with four threads against the same without',
    columns: [
      '',
      `${PLAIN} / ${ONE}`,
      `${PLAIN} / ${TWO}`,
      `${PLAIN_IR} / ${TWO}`,
      'processors',
      ...NAMES.map((name) => `${name}, ms`),
    ],
    rows: figures.map(({ pair, summaries, capacity }) => {
      const [plain, plainIR, one, two] = NAMES.map((name) => summaries.get(name)!.median / 1_000)
      return [
        pair.plain.name,
        `${(plain! / one!).toFixed(2)} x`,
        `${(plain! / two!).toFixed(2)} x`,
        `${(plainIR! / two!).toFixed(2)} x`,
        capacity.toFixed(2),
        ...[plain, plainIR, one, two].map((ms) => ms!.toFixed(3)),
      ]
    }),
    notes: [
      'Medians of warm calls, our engine as shipped. MatrixMul and MatrixAdd: rows of the matrices; Substring: substrings of 50 bytes;',
      'Histogram and WordCount: bytes. By IR: the contract without threads compiled as those with threads are. Processors: how many times the',
      'calls of one two made, of a contract without threads, after the last round. Rounds that begin or end below 1.8 are taken again, 20 times a row.',
    ],
    figures: {
      unit: 'microseconds',
      pairs: figures.map(({ pair, summaries, capacity }) => ({
        series: pair.series,
        size: pair.size,
        capacity,
        ...Object.fromEntries(summaries),
      })),
    },
  }
}

import { progressBar } from '../node/progress.ts'
import type { Report } from './report.ts'
import { measurePairs, ONE, type PairFigures, PLAIN, TWO } from './threads/measure-pairs.ts'
import { pairsOf, type SeriesSizes } from './threads/workloads.ts'
import type { EngineRounds } from './vm/measure-engines.ts'

export interface ThreadsOptions extends EngineRounds {
  readonly sizes: SeriesSizes
}

/** Contracts with four sub-threads beside contracts that do the same without. */
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
    title: 'Threads: contracts with four sub-threads against the same without',
    columns: ['', `${PLAIN} / ${ONE}`, `${PLAIN} / ${TWO}`, `${PLAIN}, ms`, `${ONE}, ms`, `${TWO}, ms`],
    rows: figures.map(({ pair, summaries }) => {
      const [plain, one, two] = [PLAIN, ONE, TWO].map((name) => summaries.get(name)!.median / 1_000)
      return [
        pair.plain.name,
        `${(plain! / one!).toFixed(2)} x`,
        `${(plain! / two!).toFixed(2)} x`,
        plain!.toFixed(3),
        one!.toFixed(3),
        two!.toFixed(3),
      ]
    }),
    notes: [
      'Medians of warm calls, our engine as shipped. MatrixMul and MatrixAdd: rows of the matrices; Substring: substrings of 50 bytes;',
      'Histogram and WordCount: bytes.',
    ],
    figures: {
      unit: 'microseconds',
      pairs: figures.map(({ pair, summaries }) => ({
        series: pair.series,
        size: pair.size,
        ...Object.fromEntries(summaries),
      })),
    },
  }
}

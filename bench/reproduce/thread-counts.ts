import { measurePairs, ONE, type PairFigures, PLAIN, TWO } from '../threads/measure-pairs.ts'
import { textOf } from '../threads/text.ts'
import { callOf, type Pair, pairsOf } from '../threads/workloads.ts'
import { partedWordCount } from './parted-contract.ts'
import { digits, type OnStep, type Section, times } from './section.ts'
import type { Sizes } from './sizes.ts'

export interface ThreadCountFigures extends PairFigures {
  readonly threads: number
}

const FIRST_CONTRACT = 0xc0_0000n

/** Word counts of one text in several numbers of sub-threads. */
export async function measureThreadCounts(
  { threadCounts, text, calls }: Sizes,
  onStep: OnStep,
): Promise<readonly ThreadCountFigures[]> {
  const [word] = pairsOf({ WordCount: [text] })
  const pairs = threadCounts.map((threads, index): Pair => {
    const call = callOf(`${threads} threads`, partedWordCount(threads), FIRST_CONTRACT + BigInt(index), [textOf(text)])
    // One workload object each, for each is another row.
    return { ...word!, plain: { ...word!.plain }, threaded: call }
  })
  const figures = await measurePairs(pairs, calls, { onDone: onStep })
  return figures.map((each, index) => ({ ...each, threads: threadCounts[index]! }))
}

export function threadCountsSection(figures: readonly ThreadCountFigures[]): Section {
  const { size: bytes, plain } = figures[0]!.pair
  return {
    title: 'Number of threads of a contract',
    paragraphs: [
      `WordCount of a text of ${bytes.toLocaleString('en-US')} bytes by contracts that share it among so many sub-threads, on one processor and on two; *plain* counts`,
      `without any. The text comes as call data of ${digits(plain.data.length / 1_000)} KB, which each thread is given its part of.`,
    ],
    charts: [
      {
        kind: 'line',
        file: 'threads',
        title: 'WordCount by number of threads',
        xLabel: 'threads',
        yLabel: 'ms',
        series: [PLAIN, ONE, TWO].map((engine) => ({
          name: engine,
          points: figures.map(({ threads, summaries }) => ({ x: threads, y: summaries.get(engine)!.median / 1_000 })),
        })),
      },
    ],
    reports: [
      {
        title: 'WordCount by number of threads',
        columns: ['threads', `${PLAIN} / ${TWO}`, `${ONE} / ${TWO}`, `${PLAIN}, ms`, `${ONE}, ms`, `${TWO}, ms`],
        rows: figures.map(({ threads, summaries }) => {
          const [without, one, two] = [PLAIN, ONE, TWO].map((engine) => summaries.get(engine)!.median / 1_000)
          return [`${threads}`, times(without! / two!), times(one! / two!), ...[without!, one!, two!].map(digits)]
        }),
        notes: [],
        figures: {
          unit: 'microseconds',
          threads: figures.map(({ threads, summaries }) => ({ threads, ...Object.fromEntries(summaries) })),
        },
      },
    ],
  }
}

import { percent, type Report } from '../report.ts'
import { ONE, PLAIN, TWO } from '../threads/measure-pairs.ts'
import { makespan } from './makespan.ts'
import { digits, times } from './section.ts'
import type { ThreadCountFigures } from './thread-counts.ts'

/** Of the caller and its helper. */
const PROCESSORS = 2

/**
 * One call with sub-threads on more processors, as a model: equal threads, each on whichever processor is free next, and what it costs to
 * have help, as measured where two processors have a thread each.
 */
export function threadsReport(figures: readonly ThreadCountFigures[], cores: readonly number[]): Report {
  const measured = (each: ThreadCountFigures, engine: string): number => each.summaries.get(engine)!.median
  const alone = (each: ThreadCountFigures, processors: number): number => {
    const { threads } = each
    return makespan(Array(threads).fill(measured(each, ONE) / threads), processors)
  }
  const first = figures.find(({ threads }) => threads >= PROCESSORS) ?? figures.at(-1)!
  const help = Math.max(0, measured(first, TWO) - alone(first, PROCESSORS))
  const predict = (each: ThreadCountFigures, processors: number): number => {
    return alone(each, processors) + (Math.min(each.threads, processors) > 1 ? help : 0)
  }
  return {
    title: 'Model of one call: WordCount by number of threads, times as fast as without threads (measured)',
    columns: [
      'threads',
      `${PROCESSORS} cores: model, ms`,
      'measured, ms',
      'model is off by',
      ...cores.map((count) => `${count} core${count === 1 ? '' : 's'}`),
    ],
    rows: figures.map((each) => {
      const [model, two] = [predict(each, PROCESSORS), measured(each, TWO)]
      return [
        `${each.threads}`,
        digits(model / 1_000),
        digits(two / 1_000),
        percent(model - two, two),
        ...cores.map((count) => times(measured(each, PLAIN) / predict(each, count))),
      ]
    }),
    notes: [
      `To have help costs ${digits(help / 1_000)} ms, from the row with ${first.threads} threads: the model is right there by itself. It takes that cost to be the same`,
      'for any number of helpers.',
    ],
  }
}

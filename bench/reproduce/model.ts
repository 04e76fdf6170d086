import { availableParallelism } from 'node:os'
import { percent } from '../report.ts'
import { CHECKED, type CostFigures } from './block-costs.ts'
import { predictVerdict } from './makespan.ts'
import { digits, type Section, times } from './section.ts'
import type { Sizes } from './sizes.ts'
import type { ThreadCountFigures } from './thread-counts.ts'
import { threadsReport } from './threads-model.ts'

const STRATEGY = 'split'
/** Of the machine whose pools they are. */
const PROCESSORS = availableParallelism()

export function modelSection(
  figures: readonly CostFigures[],
  threadCounts: readonly ThreadCountFigures[],
  { cores, blocks }: Sizes,
): Section {
  const speedUp = (each: CostFigures, count: number): number => {
    const us = predictVerdict(each.costs, { strategy: STRATEGY, workers: count, processors: count })
    return each.serial / (us / 1_000)
  }
  const predicted = figures.map((each) => ({
    workload: each.workload,
    speedUps: cores.map((count) => ({ cores: count, speedUp: speedUp(each, count) })),
  }))
  return {
    title: 'Up to 64 cores: a model',
    paragraphs: [
      '**Nothing in the second table, the fourth and the plot is measured.** What more than two processors would do is calculated from',
      `what is measured here for the blocks of ${blocks.transactions} transactions: the time of each transaction in a worker, of taking and answering a bundle, of handing a`,
      'replay over, and of the main thread before, beside (state root) and after it. The node’s own schedule for so many workers gives its',
      'bundles, longest first, to whichever worker is free next. Senders are known. The model knows no contention for memory, caches and heat.',
      'The first table holds the model against verdicts that are measured in the same rounds, with one worker and with two.',
    ],
    charts: [
      {
        kind: 'line',
        file: 'model',
        title: 'Model: serial / parallel validation',
        xLabel: 'cores, a worker on each',
        yLabel: 'times as fast as serial',
        isLogarithmic: true,
        series: predicted.map(({ workload, speedUps }) => ({
          name: workload,
          points: speedUps.map((each) => ({ x: each.cores, y: each.speedUp })),
        })),
      },
    ],
    reports: [
      {
        title: 'The model and what is measured, ms until the verdict',
        columns: [
          'workload',
          ...CHECKED.flatMap((workers) => [`${workers}: model`, `${workers}: measured`, `${workers}: model is off by`]),
        ],
        rows: figures.map((each) => [
          each.workload,
          ...CHECKED.flatMap((workers) => {
            const model = predictVerdict(each.costs, { strategy: STRATEGY, workers, processors: PROCESSORS }) / 1_000
            const measured = each.parallel.get(workers)!
            return [digits(model), digits(measured), percent(model - measured, measured)]
          }),
        ]),
        notes: [],
      },
      {
        title: 'Model: times as fast as serial validation (measured)',
        columns: ['workload', ...cores.map((count) => `${count} core${count === 1 ? '' : 's'}`)],
        rows: predicted.map(({ workload, speedUps }) => [workload, ...speedUps.map((each) => times(each.speedUp))]),
        notes: ['With few cores the main thread has to share them with the workers.'],
        figures: { workloads: predicted },
      },
      {
        title: 'What the model is fed with, microseconds',
        columns: ['workload', 'a transaction, mean', 'a bundle', 'hand-over', 'before and after', 'state root beside'],
        rows: figures.map(({ workload, costs }) => {
          const { transactions, bundle, handOver, around, root } = costs
          const mean = transactions.reduce((sum, time) => sum + time, 0) / transactions.length
          return [workload, ...[mean, bundle, handOver, around, root].map(digits)]
        }),
        notes: [],
      },
      threadsReport(threadCounts, cores),
    ],
  }
}

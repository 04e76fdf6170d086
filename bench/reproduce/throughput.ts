import type { OverallFigures } from './overall.ts'
import { digits, type Section } from './section.ts'
import type { BlockFigures } from './validation.ts'
import { timingOf } from './ways.ts'

/** From what is measured for other sections: nothing is run for it. */
export function throughputSection(blocks: readonly BlockFigures[], overall: readonly OverallFigures[]): Section {
  const { transactions } = blocks[0]!
  const rate = (milliseconds: number): number => (transactions / milliseconds) * 1_000
  const figures = blocks.map(({ workload, timings }) => {
    const { pool, build } = overall.find((each) => each.workload === workload)!
    const known = { sendersKnown: true }
    return {
      workload,
      serial: rate(timingOf(timings, 'serial', known).durable),
      one: rate(timingOf(timings, 'split, 1', known).durable),
      two: rate(timingOf(timings, 'split, 2', known).durable),
      miner: rate(pool + build),
    }
  })
  return {
    title: 'Throughput',
    paragraphs: [
      `Transactions in a second: those of a block of ${transactions}, divided by the time until a validator, who knows the senders, has it on disk; and by`,
      'the time in which the pool and the miner, who executes serially, make it. The slower of the two is what a network can do.',
    ],
    charts: [
      {
        kind: 'bar',
        file: 'throughput',
        title: 'Throughput of a validator',
        xLabel: 'workload',
        yLabel: 'transactions in a second',
        groups: figures.map(({ workload }) => workload),
        bars: [
          { name: 'serial', values: figures.map(({ serial }) => serial) },
          { name: '1 worker', values: figures.map(({ one }) => one) },
          { name: '2 workers', values: figures.map(({ two }) => two) },
        ],
      },
    ],
    reports: [
      {
        title: 'Transactions in a second',
        columns: ['workload', 'validator, serial', 'validator, 1 worker', 'validator, 2 workers', 'pool and miner'],
        rows: figures.map(({ workload, serial, one, two, miner }) => [
          workload,
          ...[serial, one, two, miner].map(digits),
        ]),
        notes: [],
        figures: { unit: 'transactions in a second', workloads: figures },
      },
    ],
  }
}

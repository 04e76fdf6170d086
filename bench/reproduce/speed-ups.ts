import { ONE, PLAIN, TWO } from '../threads/measure-pairs.ts'
import type { Summaries } from '../vm/measure-engines.ts'
import { type CallFigures, milliseconds } from './calls.ts'
import { type Section, times } from './section.ts'
import type { BlockFigures } from './validation.ts'
import { timingOf } from './ways.ts'

/** What the paper reports for the seven workloads of its Fig. 14. */
const PAPER = '17.5 x to 33.6 x'

interface SpeedUp {
  readonly workload: string
  readonly call: string
  readonly summaries: Summaries
}

/** From what is measured for other sections: nothing is run for it. */
export function speedUpsSection({ pairs, others, baseline }: CallFigures, blocks: readonly BlockFigures[]): Section {
  const largest = pairs.filter((_, index) => pairs[index + 1]?.pair.series !== pairs[index]!.pair.series)
  const rows: readonly SpeedUp[] = [
    ...largest.map(({ pair, summaries }) => ({ workload: pair.series, call: pair.plain.name, summaries })),
    ...others.map(({ name, call, summaries }) => ({ workload: name, call: call.name, summaries })),
  ]
  const inBlock = (workload: string): number | undefined => {
    const timings = blocks.find((each) => each.workload === workload)?.timings
    if (timings === undefined) return undefined
    const [serial, parallel] = (['serial', 'split, 2'] as const).map((way) =>
      timingOf(timings, way, { sendersKnown: true }),
    )
    return serial!.verdict / parallel!.verdict
  }
  const figures = rows.map(({ workload, call, summaries }) => {
    const against = (engine: string): number | undefined => {
      const ours = summaries.get(engine)
      return ours === undefined ? undefined : summaries.get(baseline)!.median / ours.median
    }
    const plain = against(PLAIN)!
    const gain = inBlock(workload)
    const block = gain === undefined ? undefined : plain * gain
    return { workload, call, summaries, plain, one: against(ONE), two: against(TWO), block }
  })
  return {
    title: `Speed-up over ${baseline}`,
    paragraphs: [
      'In the arrangement of the paper’s Fig. 14. The paper compares PaVM with geth on 40 cores; here it is on two. *One call on two cores*',
      'is the contract with sub-threads, a helper beside the caller. *A block on two cores* is the contract without: how many times as fast one',
      'call is, times how many times as fast two workers validate a block as serial execution does (section on validation latency, senders',
      'known). Which seven of these workloads the paper’s figure shows, and which of them has which factor, we do not know.',
    ],
    charts: [
      {
        kind: 'bar',
        file: 'speed-up',
        title: `Times as fast as ${baseline}, 2 cores`,
        xLabel: 'workload',
        yLabel: 'times as fast',
        groups: figures.map(({ workload }) => workload),
        bars: [
          { name: 'one call, 1 core', values: figures.map(({ plain }) => plain) },
          { name: 'one call, 2 cores', values: figures.map(({ two }) => two ?? 0) },
          { name: 'a block, 2 cores', values: figures.map(({ block }) => block ?? 0) },
        ],
      },
    ],
    reports: [
      {
        title: `Times as fast as ${baseline}`,
        columns: [
          'workload',
          'call',
          `${baseline}, ms`,
          'ours, plain, ms',
          'one call on one core',
          'one call on two cores',
          'a block on two cores',
          'paper, 40 cores: range of its seven',
        ],
        rows: figures.map(({ workload, call, summaries, plain, two, block }) => [
          workload,
          call,
          milliseconds(summaries, baseline),
          milliseconds(summaries, PLAIN),
          times(plain),
          two === undefined ? '-' : times(two),
          block === undefined ? '-' : times(block),
          PAPER,
        ]),
        notes: ['Those with sub-threads at the largest size of their series, the others as in `npm run bench -- vm`.'],
        figures: { workloads: figures.map(({ summaries: _, ...each }) => each) },
      },
    ],
  }
}

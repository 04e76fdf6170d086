import type { Timings } from '../block/block.ts'
import { type BlockSite, type BlockWorkloadName, blockOf, groupedBlock, TRANSACTIONS } from './block-site.ts'
import type { LineChart } from './charts/chart.ts'
import { digits, type OnStep, type Section, times } from './section.ts'
import type { Sizes } from './sizes.ts'
import { measureBlockWays, timingOf, WAYS } from './ways.ts'

/** Of one kind of block. */
export interface BlockFigures {
  readonly workload: BlockWorkloadName
  readonly transactions: number
  readonly groupSize: number
  readonly timings: Timings
}

export async function measureWorkloads(
  site: BlockSite,
  sizes: Sizes,
  onStep: OnStep,
): Promise<readonly BlockFigures[]> {
  const { workloads, transactions } = sizes.blocks
  const figures: BlockFigures[] = []
  for (const workload of workloads) {
    const timings = await measureBlockWays(site, await blockOf(site, workload, transactions), sizes)
    figures.push({ workload, transactions, groupSize: 1, timings })
    onStep()
  }
  return figures
}

export async function measureCounts(site: BlockSite, sizes: Sizes, onStep: OnStep): Promise<readonly BlockFigures[]> {
  const figures: BlockFigures[] = []
  for (const workload of sizes.blocks.countedWorkloads) {
    for (const transactions of sizes.blocks.counts) {
      const timings = await measureBlockWays(site, await blockOf(site, workload, transactions), sizes)
      figures.push({ workload, transactions, groupSize: 1, timings })
      onStep()
    }
  }
  return figures
}

export async function measureGroups(site: BlockSite, sizes: Sizes, onStep: OnStep): Promise<readonly BlockFigures[]> {
  const { groupSizes, transactions } = sizes.blocks
  const figures: BlockFigures[] = []
  for (const groupSize of groupSizes) {
    const timings = await measureBlockWays(site, await groupedBlock(site, transactions, groupSize), sizes)
    figures.push({ workload: 'Fibonacci', transactions, groupSize, timings })
    onStep()
  }
  return figures
}

export function workloadsSection(figures: readonly BlockFigures[]): Section {
  const { transactions } = figures[0]!
  return {
    title: 'Validation latency',
    paragraphs: [
      `Blocks of ${transactions} transactions without conflicts, from their bytes until all claims are checked. *groups* gives whole groups to`,
      'workers, as in the paper; *split* also cuts long groups. Contracts here have no sub-threads, so that serial execution is serial.',
      'Senders are recovered from the signatures in the first table, and known from the pool in the second. Most gas of a transaction bounds',
      'what it can do (EIP-7825, 16.8 million):',
      TRANSACTIONS,
    ],
    charts: [
      {
        kind: 'bar',
        file: 'validation',
        title: `Validation of ${transactions} transactions`,
        xLabel: 'workload',
        yLabel: 'ms',
        groups: figures.map(({ workload }) => workload),
        bars: WAYS.map((way) => ({
          name: way,
          values: figures.map(({ timings }) => timingOf(timings, way).verdict),
        })),
      },
    ],
    reports: [
      waysReport('Until the verdict, ms', 'workload', figures, ({ workload }) => workload),
      {
        title: 'Senders known, until the verdict, ms',
        columns: ['workload', 'serial', 'split, 1', 'split, 2', 'serial / split, 2', '1 / 2 workers'],
        rows: figures.map(({ workload, timings }) => {
          const [serial, one, two] = (['serial', 'split, 1', 'split, 2'] as const).map(
            (way) => timingOf(timings, way, { sendersKnown: true }).verdict,
          )
          return [workload, digits(serial!), digits(one!), digits(two!), times(serial! / two!), times(one! / two!)]
        }),
        notes: [],
      },
    ],
  }
}

export function countsSection(figures: readonly BlockFigures[]): Section {
  const workloads = [...new Set(figures.map(({ workload }) => workload))]
  return {
    title: 'Number of transactions',
    paragraphs: ['Validation as above, by how many transactions a block has.'],
    charts: workloads.map((workload) =>
      waysChart(
        { file: `transactions-${workload.toLowerCase()}`, title: `Validation of ${workload}`, xLabel: 'transactions' },
        figures.filter((each) => each.workload === workload),
        ({ transactions }) => transactions,
      ),
    ),
    reports: [
      waysReport(
        'Until the verdict, ms',
        'block',
        figures,
        ({ workload, transactions }) => `${workload}, ${transactions}`,
      ),
    ],
  }
}

export function groupsSection(figures: readonly BlockFigures[]): Section {
  const { transactions } = figures[0]!
  return {
    title: 'Group size',
    paragraphs: [
      `${transactions} Fibonacci transactions in groups: those of a group add to the same slot, so each reads what the one before it wrote.`,
      'One group of all is a block in which everything conflicts. *groups* can use no more workers than there are groups.',
    ],
    charts: [
      waysChart(
        { file: 'groups', title: 'Validation by size of groups', xLabel: 'transactions in a group' },
        figures,
        ({ groupSize }) => groupSize,
      ),
    ],
    reports: [
      waysReport('Until the verdict, ms', 'transactions in a group', figures, ({ groupSize }) => `${groupSize}`),
    ],
  }
}

function waysReport(
  title: string,
  column: string,
  figures: readonly BlockFigures[],
  nameOf: (figures: BlockFigures) => string,
): Section['reports'][number] {
  return {
    title,
    columns: [column, ...WAYS, 'serial / groups, 2', 'serial / split, 2', '1 / 2 workers, split'],
    rows: figures.map((each) => {
      const [serial, , groups, one, split] = WAYS.map((way) => timingOf(each.timings, way).verdict)
      return [
        nameOf(each),
        ...WAYS.map((way) => digits(timingOf(each.timings, way).verdict)),
        times(serial! / groups!),
        times(serial! / split!),
        times(one! / split!),
      ]
    }),
    notes: [],
    figures: {
      blocks: figures.map(({ timings, ...each }) => ({ ...each, timings: Object.fromEntries(timings) })),
    },
  }
}

function waysChart(
  labels: Pick<LineChart, 'file' | 'title' | 'xLabel'>,
  figures: readonly BlockFigures[],
  xOf: (figures: BlockFigures) => number,
): LineChart {
  const series = WAYS.map((way) => ({
    name: way,
    points: figures.map((each) => ({ x: xOf(each), y: timingOf(each.timings, way).verdict })),
  }))
  return { kind: 'line', ...labels, yLabel: 'ms', series }
}

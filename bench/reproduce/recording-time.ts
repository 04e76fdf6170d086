import { type RecordingCosts, recordingCosts } from '../recording.ts'
import { percent } from '../report.ts'
import { type BlockSite, type BlockWorkloadName, blockOf } from './block-site.ts'
import { digits, type OnStep, type Section } from './section.ts'
import type { Sizes } from './sizes.ts'

export interface RecordingFigures extends RecordingCosts {
  readonly workload: BlockWorkloadName
  readonly transactions: number
}

export async function measureRecordingTime(
  site: BlockSite,
  { blocks }: Sizes,
  onStep: OnStep,
): Promise<readonly RecordingFigures[]> {
  const { workloads, transactions } = blocks
  const figures: RecordingFigures[] = []
  for (const workload of workloads) {
    const made = await blockOf(site, workload, transactions)
    figures.push({ workload, transactions, ...(await recordingCosts(site, made, blocks)) })
    onStep()
  }
  return figures
}

export function recordingSection(figures: readonly RecordingFigures[]): Section {
  const { transactions } = figures[0]!
  return {
    title: 'Recording time',
    paragraphs: [
      `What it costs the miner of ${transactions} transactions to record reads, writes and the hash of operations, and to group: CPU time, the median of`,
      'the differences between executing a block with and without, in turns. Where blocks compute long the difference drowns in the scatter of',
      'their execution, and may be below zero.',
    ],
    charts: [
      {
        kind: 'bar',
        file: 'recording',
        title: `Recording of ${transactions} transactions`,
        xLabel: 'workload',
        yLabel: 'ms',
        groups: figures.map(({ workload }) => workload),
        bars: [
          { name: 'recording', values: figures.map(({ recording }) => recording / 1_000) },
          { name: 'grouping', values: figures.map(({ grouping }) => grouping / 1_000) },
        ],
      },
    ],
    reports: [
      {
        title: 'Recording and grouping, CPU ms',
        columns: [
          'workload',
          'recording',
          'grouping',
          'execution without',
          'serial execution in all',
          'recording + grouping, of serial execution',
        ],
        rows: figures.map(({ workload, recording, grouping, bare, serial }) => [
          workload,
          ...[recording, grouping, bare, serial].map((us) => digits(us / 1_000)),
          percent(recording + grouping, serial),
        ]),
        notes: ['Serial execution in all: recovery of senders, execution, receipts and state root.'],
        figures: { unit: 'microseconds', workloads: figures },
      },
    ],
  }
}

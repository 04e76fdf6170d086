import type { ExecutionStrategy } from '../../execution/block/executor.ts'
import { percent } from '../report.ts'
import { type BlockSite, type BlockWorkloadName, blockOf } from './block-site.ts'
import { processorTicks, utilisation } from './processor-times.ts'
import type { OnStep, Section } from './section.ts'
import type { Sizes } from './sizes.ts'

const WAYS = [
  { name: 'serial', strategy: 'serial', workers: 1 },
  { name: 'groups, 2', strategy: 'groups', workers: 2 },
  { name: 'split, 1', strategy: 'split', workers: 1 },
  { name: 'split, 2', strategy: 'split', workers: 2 },
] as const satisfies readonly { name: string; strategy: ExecutionStrategy; workers: number }[]

export interface UtilisationFigures {
  readonly workload: BlockWorkloadName
  readonly way: string
  /** Of each processor, 0 to 1; empty where the system does not tell. */
  readonly processors: readonly number[]
}

/** Replays a block again and again, and looks how busy each processor of the machine is meanwhile. */
export async function measureUtilisation(
  site: BlockSite,
  { blocks }: Sizes,
  onStep: OnStep,
): Promise<readonly UtilisationFigures[]> {
  const { lab } = site
  const figures: UtilisationFigures[] = []
  for (const workload of blocks.workloads) {
    const { block } = await blockOf(site, workload, blocks.transactions)
    const parent = lab.node.chain.headContext()
    for (const { name, strategy, workers } of WAYS) {
      const executor = lab.executor(strategy, workers)
      const before = processorTicks()
      const end = performance.now() + blocks.utilisationMs
      do await executor.execute(block, parent)
      while (performance.now() < end)
      figures.push({ workload, way: name, processors: utilisation(before, processorTicks()) })
    }
    onStep()
  }
  return figures
}

export function utilisationSection(figures: readonly UtilisationFigures[], { blocks }: Sizes): Section {
  const workloads = [...new Set(figures.map(({ workload }) => workload))]
  const processors = figures[0]!.processors.map((_, index) => index)
  const mean = ({ processors }: UtilisationFigures): number =>
    processors.reduce((sum, part) => sum + part, 0) / Math.max(1, processors.length)
  return {
    title: 'CPU utilisation',
    paragraphs: [
      `How busy each processor was while a block of ${blocks.transactions} transactions was executed again and again for ${blocks.utilisationMs / 1_000} s, by /proc/stat: with all that`,
      'the machine did besides. Worker threads are pinned, one to a processor; the main thread, which has no work of its own here but to hand',
      'out and to collect, is not.',
      ...(processors.length === 0 ? ['This system does not tell: there is nothing measured.'] : []),
    ],
    charts:
      processors.length === 0
        ? []
        : [
            {
              kind: 'bar',
              file: 'utilisation',
              title: 'Processors busy, mean of all',
              xLabel: 'workload',
              yLabel: '%',
              groups: workloads,
              bars: WAYS.map(({ name }) => ({
                name,
                values: figures.filter(({ way }) => way === name).map((each) => mean(each) * 100),
              })),
            },
          ],
    reports: [
      {
        title: 'Busy',
        columns: ['workload', 'executed', ...processors.map((processor) => `processor ${processor}`)],
        rows: figures.map(({ workload, way, processors }) => [
          workload,
          way,
          ...processors.map((part) => percent(part, 1)),
        ]),
        notes: [],
        figures: { workloads: figures },
      },
    ],
  }
}

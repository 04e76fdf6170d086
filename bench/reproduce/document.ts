import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatReport, machine } from '../report.ts'
import { draw } from './charts/draw.ts'
import type { Section } from './section.ts'
import type { Sizes } from './sizes.ts'

/** Of the folder with the plots, beside the document. */
const PLOTS = 'reproduction'

export const DOCUMENT = 'reproduction.md'

export interface DocumentOptions {
  /** Where it is written. */
  readonly folder: string
  /** Processors that the process may use. */
  readonly processors: number
  /** Day of the run. */
  readonly date: string
  readonly sizes: Sizes
}

/** Writes the document and its plots, in place of those that are there. */
export function writeDocument(sections: readonly Section[], options: DocumentOptions): void {
  const plots = join(options.folder, PLOTS)
  rmSync(plots, { recursive: true, force: true })
  mkdirSync(plots, { recursive: true })
  for (const chart of sections.flatMap(({ charts }) => charts))
    writeFileSync(join(plots, `${chart.file}.svg`), draw(chart))
  writeFileSync(join(options.folder, DOCUMENT), documentOf(sections, options))
}

export function documentOf(sections: readonly Section[], { processors, date, sizes }: DocumentOptions): string {
  const { blocks, calls } = sizes
  const introduction = [
    '# Experiments of the paper, with this node',
    '',
    'The experiments of "PaVM: A Parallel Virtual Machine for Smart Contract Execution and Validation" in its arrangement, with pavm. Written by',
    '`npm run reproduce`: every number below is from that one run, but for what is said to be the paper’s.',
    '',
    `Machine: ${machine()}; ${processors} processors used. ${date}.`,
    `Times are medians: of blocks over ${blocks.rounds} rounds after ${blocks.warmUps} to warm up, of calls over ${calls.rounds} turns, in which fast ones are repeated.`,
    '',
    'Of the paper’s figures these are known to us and repeated here: on the seven workloads of its Fig. 14 PaVM is 17.5 to 33.6 times as fast as',
    'geth, on 40 cores; blocks have 300 transactions; the workloads are MatrixMul, MatrixAdd, Substring, Histogram, ERC20, Fibonacci, CPUHeavy,',
    'KVStore and WordCount (its Fig. 10); execution latency is shown for sizes 90 to 210 and 40 to 80, 12,000 to 28,000 and 30,000 to 70,000. All',
    'other numbers of its figures are not known to us, and none is guessed: there our figures stand alone. Which of these sizes belongs to',
    'which contract is our choice where the paper’s text does not say.',
  ]
  const body = sections.flatMap(({ title, paragraphs, charts, reports }, index) => [
    '',
    `## ${index + 1}. ${title}`,
    '',
    ...paragraphs,
    ...charts.flatMap((chart) => ['', `![${chart.title}](${PLOTS}/${chart.file}.svg)`]),
    ...reports.flatMap((report) => ['', formatReport(report).trimEnd()]),
  ])
  return `${[...introduction, ...body].join('\n')}\n`
}

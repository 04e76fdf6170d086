import type { Report } from '../report.ts'
import type { Summaries, Summary } from './measure-engines.ts'

/** What was found out about a workload. */
export interface WorkloadFigures {
  readonly name: string
  /** One of those that the geometric mean is over. */
  readonly computes: boolean
  readonly instructions: number
  readonly gasUsed: bigint
  readonly warm: Summaries
  /** Of our engines. */
  readonly cold: Summaries
}

export interface VmFigures {
  /** Names, in the order of columns. */
  readonly engines: readonly string[]
  /** The engine whose speed is compared with that of each other one. */
  readonly shipped: string
  readonly workloads: readonly WorkloadFigures[]
  /** What could not be measured, in sentences. */
  readonly missing: readonly string[]
}

/** Where there is no figure. */
const NONE = '-'
/** Fewer runs are told. */
const USUAL_RUNS = 7

/** Ratios first, then milliseconds. */
export function vmReports(figures: VmFigures): readonly Report[] {
  return [ratioReport(figures), timeReport(figures)]
}

function ratioReport(figures: VmFigures): Report {
  const { engines, shipped, workloads, missing } = figures
  const others = engines.filter((engine) => engine !== shipped)
  const computing = workloads.filter(({ computes }) => computes)
  const row = ({ name, warm }: WorkloadFigures): Report['rows'][number] => [
    name,
    ...others.map((engine) => times(ratio(warm, engine, shipped))),
  ]
  return {
    title: `VM: how many times as fast as the others ${shipped} is`,
    columns: ['', ...others],
    rows: [
      ...computing.map(row),
      [
        `**geometric mean of these ${computing.length}**`,
        ...others.map((engine) => times(meanRatio(computing, engine, shipped))),
      ],
      ...workloads.filter(({ computes }) => !computes).map(row),
    ],
    notes: [`Time of the other one divided by time of ${shipped}, both warm.`, ...missing],
    figures: machineFigures(figures),
  }
}

function timeReport({ engines, workloads }: VmFigures): Report {
  const cold = engines.filter((engine) => workloads.some((workload) => workload.cold.has(engine)))
  return {
    title: 'VM: milliseconds of a call',
    columns: ['', 'instructions', ...engines, ...cold.map((engine) => `${engine}, cold`)],
    rows: workloads.map((workload) => [
      workload.name,
      workload.instructions,
      ...engines.map((engine) => time(workload.warm.get(engine))),
      ...cold.map((engine) => time(workload.cold.get(engine))),
    ]),
    notes: [
      'Medians after warm-up; cold is the first call in a fresh process. A number in brackets is how many runs the median is',
      'over where they are fewer than seven: runs of more than two seconds, and means that a tool took itself over many calls.',
    ],
  }
}

/** How many times as fast as the other one; `undefined` where one is not measured, or lost in the noise. */
function ratio(summaries: Summaries, other: string, shipped: string): number | undefined {
  const theirs = summaries.get(other)?.median
  const ours = summaries.get(shipped)?.median
  return theirs !== undefined && ours !== undefined && theirs > 0 ? theirs / ours : undefined
}

function meanRatio(workloads: readonly WorkloadFigures[], other: string, shipped: string): number | undefined {
  return geometricMean(workloads.map(({ warm }) => ratio(warm, other, shipped)))
}

/** `undefined` where there is not a figure for everything. */
export function geometricMean(values: readonly (number | undefined)[]): number | undefined {
  let logarithms = 0
  for (const value of values) {
    if (value === undefined) return undefined
    logarithms += Math.log(value)
  }
  return values.length === 0 ? undefined : Math.exp(logarithms / values.length)
}

function times(value: number | undefined): string {
  return value === undefined ? NONE : `${inThreeDigits(value)} x`
}

function time(summary: Summary | undefined): string {
  if (summary === undefined) return NONE
  const runs = summary.runs < USUAL_RUNS ? ` (${summary.runs})` : ''
  return `${inThreeDigits(summary.median / 1_000)}${runs}`
}

function inThreeDigits(value: number): string {
  const size = Math.abs(value)
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3)
}

function machineFigures({ engines, shipped, workloads, missing }: VmFigures): Record<string, unknown> {
  const computing = workloads.filter(({ computes }) => computes)
  const others = engines.filter((engine) => engine !== shipped)
  const ratios = ({ warm }: Pick<WorkloadFigures, 'warm'>) =>
    Object.fromEntries(others.map((engine) => [engine, ratio(warm, engine, shipped)]))
  const means = others.map((engine) => [engine, meanRatio(computing, engine, shipped)] as const)
  return {
    shipped,
    unit: 'microseconds',
    missing,
    geometricMeans: Object.fromEntries(means),
    workloads: workloads.map(({ name, computes, instructions, gasUsed, ...workload }) => ({
      name,
      computes,
      instructions,
      gasUsed: Number(gasUsed),
      ratios: ratios(workload),
      warm: Object.fromEntries(workload.warm),
      cold: Object.fromEntries(workload.cold),
    })),
  }
}

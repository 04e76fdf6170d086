import type { Report } from '../report.ts'
import type { Chart } from './charts/chart.ts'

/** One experiment in the document. */
export interface Section {
  readonly title: string
  /** What is measured and how, before the figures. */
  readonly paragraphs: readonly string[]
  readonly charts: readonly Chart[]
  readonly reports: readonly Report[]
}

/** Called after each step of the experiments, so that whoever waits can see how far it is. */
export type OnStep = () => void

/** Three digits that count, as people read them. */
export function digits(value: number): string {
  const size = Math.abs(value)
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3)
}

/** A factor; none where the time below the line was too short to be measured. */
export function times(value: number): string {
  return Number.isFinite(value) ? `${digits(value)} x` : '-'
}

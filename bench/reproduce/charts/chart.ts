/** Points of one colour. */
export interface Series {
  readonly name: string
  readonly points: readonly Point[]
}

export interface Point {
  readonly x: number
  readonly y: number
}

interface Labels {
  /** Of the SVG file, without its ending. */
  readonly file: string
  readonly title: string
  readonly xLabel: string
  readonly yLabel: string
}

export interface LineChart extends Labels {
  readonly kind: 'line'
  readonly series: readonly Series[]
  /** Both axes count by powers of two; all values are above 0. */
  readonly isLogarithmic?: boolean
}

/** Groups of bars, one of each colour. */
export interface BarChart extends Labels {
  readonly kind: 'bar'
  readonly groups: readonly string[]
  /** A bar for each group. */
  readonly bars: readonly { readonly name: string; readonly values: readonly number[] }[]
}

export type Chart = LineChart | BarChart

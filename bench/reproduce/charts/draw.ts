import type { BarChart, Chart, LineChart } from './chart.ts'
import { colourOf, frame, PLOT_HEIGHT, PLOT_WIDTH } from './frame.ts'
import { formatTick, linearScale, logarithmicScale } from './scale.ts'
import { element } from './svg.ts'

/** Part of the width of a group that its bars take. */
const BAR_SHARE = 0.8

/** The chart as an SVG file. */
export function draw(chart: Chart): string {
  return chart.kind === 'line' ? drawLines(chart) : drawBars(chart)
}

function drawLines(chart: LineChart): string {
  const { series, isLogarithmic = false } = chart
  const points = series.flatMap((each) => each.points)
  const xs = [...new Set(points.map(({ x }) => x))].sort((a, b) => a - b)
  const ys = points.map(({ y }) => y)
  const x = isLogarithmic ? logarithmicScale(xs) : linearScale(xs, { fromZero: false })
  const y = isLogarithmic ? logarithmicScale(ys) : linearScale(ys, { fromZero: true })
  const place = (point: { readonly x: number; readonly y: number }): readonly [number, number] => [
    PLOT_WIDTH * x.at(point.x),
    PLOT_HEIGHT * (1 - y.at(point.y)),
  ]
  const lines = series.flatMap((each, index) => {
    const colour = colourOf(index)
    const places = each.points.map(place)
    const path = places.map(([left, top]) => `${left.toFixed(1)},${top.toFixed(1)}`).join(' ')
    return [
      element('polyline', { points: path, fill: 'none', stroke: colour, 'stroke-width': 2 }),
      ...places.map(([cx, cy]) => element('circle', { cx, cy, r: 3, fill: colour })),
    ]
  })
  const xTicks = xs.map((value) => ({ label: formatTick(value), x: PLOT_WIDTH * x.at(value) }))
  return frame(chart, { xTicks, y, legend: series.map(({ name }) => name) }, lines)
}

function drawBars(chart: BarChart): string {
  const { groups, bars } = chart
  const y = linearScale(
    bars.flatMap(({ values }) => values),
    { fromZero: true },
  )
  const groupWidth = PLOT_WIDTH / groups.length
  const width = (groupWidth * BAR_SHARE) / bars.length
  const left = (group: number): number => groupWidth * (group + (1 - BAR_SHARE) / 2)
  const zero = PLOT_HEIGHT * (1 - y.at(0))
  const drawn = bars.flatMap(({ values }, bar) =>
    values.map((value, group) => {
      const top = PLOT_HEIGHT * (1 - y.at(value))
      const place = { x: left(group) + width * bar, y: Math.min(top, zero) }
      return element('rect', { ...place, width, height: Math.abs(zero - top), fill: colourOf(bar) })
    }),
  )
  const xTicks = groups.map((label, group) => ({ label, x: groupWidth * (group + 0.5) }))
  return frame(chart, { xTicks, y, legend: bars.map(({ name }) => name) }, drawn)
}

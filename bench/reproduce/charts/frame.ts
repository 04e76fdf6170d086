import type { Chart } from './chart.ts'
import { formatTick, type Scale } from './scale.ts'
import { element, text } from './svg.ts'

const WIDTH = 880
const HEIGHT = 400
/** Around the place where values are drawn. */
const MARGIN = { left: 70, right: 170, top: 40, bottom: 60 }
export const PLOT_WIDTH = WIDTH - MARGIN.left - MARGIN.right
export const PLOT_HEIGHT = HEIGHT - MARGIN.top - MARGIN.bottom

/** Told apart by people who see no red and green as well (Okabe and Ito). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000', '#999999', '#8b4513']
const GREY = '#cccccc'

export function colourOf(index: number): string {
  return COLOURS[index % COLOURS.length]!
}

/** Something under the horizontal axis. */
export interface XTick {
  readonly label: string
  /** Pixels from the left of the plot. */
  readonly x: number
}

/** A whole SVG file: title, axes, legend, and what is drawn between the axes, in pixels from the plot's upper left corner. */
export function frame(
  { title, xLabel, yLabel }: Chart,
  options: { readonly xTicks: readonly XTick[]; readonly y: Scale; readonly legend: readonly string[] },
  drawn: readonly string[],
): string {
  const { xTicks, y, legend } = options
  const grid = y.ticks.flatMap((tick) => {
    const height = PLOT_HEIGHT * (1 - y.at(tick))
    return [
      element('line', { x1: 0, x2: PLOT_WIDTH, y1: height, y2: height, stroke: GREY }),
      text(-8, height + 4, formatTick(tick), { 'text-anchor': 'end' }),
    ]
  })
  const below = xTicks.map(({ label, x }) => text(x, PLOT_HEIGHT + 18, label, { 'text-anchor': 'middle' }))
  const names = legend.flatMap((name, index) => [
    element('rect', { x: PLOT_WIDTH + 14, y: 18 * index, width: 12, height: 12, fill: colourOf(index) }),
    text(PLOT_WIDTH + 32, 18 * index + 10, name),
  ])
  const middle = { x: PLOT_WIDTH / 2, y: PLOT_HEIGHT / 2 }
  const labels = [
    text(middle.x, -18, title, { 'text-anchor': 'middle', 'font-size': 14 }),
    text(middle.x, PLOT_HEIGHT + 44, xLabel, { 'text-anchor': 'middle' }),
    text(-middle.y, -54, yLabel, { 'text-anchor': 'middle', transform: 'rotate(-90)' }),
  ]
  const plot = element('g', { transform: `translate(${MARGIN.left} ${MARGIN.top})` }, [
    ...grid,
    ...below,
    ...labels,
    ...names,
    ...drawn,
  ])
  const background = element('rect', { width: WIDTH, height: HEIGHT, fill: '#ffffff' })
  const namespace = 'http://www.w3.org/2000/svg'
  const size = { width: WIDTH, height: HEIGHT, viewBox: `0 0 ${WIDTH} ${HEIGHT}` }
  const font = { 'font-family': 'sans-serif', 'font-size': 11 }
  return `${element('svg', { xmlns: namespace, ...size, ...font }, [background, plot])}\n`
}

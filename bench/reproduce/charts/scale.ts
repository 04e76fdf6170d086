/** Values along an axis. */
export interface Scale {
  /** Where a value lies: 0 at the beginning of the axis, 1 at its end. */
  at(value: number): number
  readonly ticks: readonly number[]
}

const MOST_STEPS = 6
const STEPS = [1, 2, 5, 10]

/** From the lowest value, or from 0, to the highest, both rounded so that ticks are round numbers. */
export function linearScale(values: readonly number[], { fromZero }: { readonly fromZero: boolean }): Scale {
  const highest = Math.max(...values)
  const lowest = fromZero ? Math.min(0, ...values) : Math.min(...values)
  const step = roundStep((highest - lowest || Math.abs(highest) || 1) / MOST_STEPS)
  const first = Math.floor(lowest / step)
  const last = Math.max(first + 1, Math.ceil(highest / step))
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)))
  return { ticks, at: (value) => (value / step - first) / (last - first) }
}

/** From one power of two to another. */
export function logarithmicScale(values: readonly number[]): Scale {
  const first = Math.floor(Math.log2(Math.min(...values)))
  const last = Math.max(first + 1, Math.ceil(Math.log2(Math.max(...values))))
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => 2 ** (first + index))
  return { ticks, at: (value) => (Math.log2(value) - first) / (last - first) }
}

/** The least of 1, 2 and 5 times a power of ten that is no smaller. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least))
  return STEPS.find((step) => step * power >= least)! * power
}

export function formatTick(value: number): string {
  if (value === 0) return '0'
  return Math.abs(value) >= 1
    ? value.toLocaleString('en-US', { maximumFractionDigits: 2 })
    : String(Number(value.toPrecision(2)))
}

import { readFileSync } from 'node:fs'
import { platform } from 'node:os'

/** What a processor has done since the machine started, in ticks. */
interface Ticks {
  readonly busy: number
  readonly all: number
}

/** Since the machine started, by processor; empty where there is no /proc. */
export function processorTicks(): readonly Ticks[] {
  return platform() === 'linux' ? parseTicks(readFileSync('/proc/stat', 'utf8')) : []
}

/** Lines `cpu0 user nice system idle iowait irq softirq steal guest guest_nice`; guests are in user and nice already. */
export function parseTicks(stat: string): readonly Ticks[] {
  return [...stat.matchAll(/^cpu\d+ (.+)$/gm)].map(([, line]) => {
    const [user, nice, system, idle, waiting, ...others] = line!.split(' ').map(Number).slice(0, 8)
    const busy = user! + nice! + system! + others.reduce((sum, ticks) => sum + ticks, 0)
    return { busy, all: busy + idle! + waiting! }
  })
}

/** The part of the time between that each processor was busy, 0 to 1. */
export function utilisation(before: readonly Ticks[], after: readonly Ticks[]): readonly number[] {
  return after.map(({ busy, all }, index) => {
    const elapsed = all - before[index]!.all
    return elapsed === 0 ? 0 : (busy - before[index]!.busy) / elapsed
  })
}

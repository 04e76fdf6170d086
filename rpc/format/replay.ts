import type { Timeline } from '../../execution/block/executor.ts'
import { quantityToHex } from '../../primitives/hex.ts'

/**
 * How this node ran a block, for people and for the timeline of a dashboard. Times in microseconds; `speedUp` is the
 * sum of the pieces' durations over the wall time, so idle workers and the hand-over count against it.
 */
export function formatReplay(timeline: Timeline) {
  const sumUs = timeline.entries.reduce((sum, { durationUs }) => sum + durationUs, 0)
  return {
    strategy: timeline.strategy,
    workers: timeline.workers,
    durationUs: timeline.durationUs,
    sumUs,
    speedUp: timeline.durationUs === 0 ? 1 : sumUs / timeline.durationUs,
    entries: timeline.entries.map(({ core, gasUsed, ...entry }) => ({
      ...entry,
      core: core ?? null,
      gasUsed: quantityToHex(gasUsed),
    })),
  }
}

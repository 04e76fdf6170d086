import type { Hash } from '../../primitives/hex.ts'
import { RecentCache } from '../../storage/recent-cache.ts'

/** Functions that are remembered. */
const MAX_FUNCTIONS = 4_096
/** Weight of a new run in the mean. */
const NEWEST = 0.25
const SELECTOR_BYTES = 4

interface Mean {
  milliseconds: number
}

const means = new RecentCache<string, Mean>({ maxWeight: MAX_FUNCTIONS })

/** A sub-thread of this function took so long, in this thread. */
export function noteThreadTime(codeHash: Hash | undefined, data: Uint8Array, milliseconds: number): void {
  const mean = means.get(keyOf(codeHash, data), () => ({ milliseconds }))!
  mean.milliseconds += (milliseconds - mean.milliseconds) * NEWEST
}

/** What one is likely to take; `undefined` for a function that has not run yet. */
export function expectedThreadTime(codeHash: Hash | undefined, data: Uint8Array): number | undefined {
  return means.get(keyOf(codeHash, data), () => undefined)?.milliseconds
}

function keyOf(codeHash: Hash | undefined, data: Uint8Array): string {
  return `${codeHash} ${data.subarray(0, SELECTOR_BYTES)}`
}

import type { Hash } from '../../primitives/hex.ts'
import { RecentCache } from '../../storage/recent-cache.ts'

/** Functions that are remembered. */
const MAX_FUNCTIONS = 4_096
/** Weight of a new run in the mean. */
const NEWEST = 0.25

/** For so many times a thread that no helper could run is not offered again: one that looks at the state most likely always does. */
const OFFERS_AFTER_VAIN = 64

interface Experience {
  /** Mean of late; `undefined` before the first run. */
  milliseconds: number | undefined
  /** Offers that are still to be left out. */
  leftOut: number
}

const known = new RecentCache<string, Experience>({ maxWeight: MAX_FUNCTIONS })

/** A sub-thread of this function took so long, in this thread. */
export function noteThreadTime(codeHash: Hash | undefined, data: Uint8Array, milliseconds: number): void {
  const experience = experienceWith(codeHash, data)
  const mean = experience.milliseconds ?? milliseconds
  experience.milliseconds = mean + (milliseconds - mean) * NEWEST
}

/** One was offered, and no helper could run it. */
export function noteOfferInVain(codeHash: Hash | undefined, data: Uint8Array): void {
  experienceWith(codeHash, data).leftOut = OFFERS_AFTER_VAIN
}

/** How long one is likely to take, in milliseconds; `undefined` for a function that has not run yet. */
export function expectedThreadTime(codeHash: Hash | undefined, data: Uint8Array): number | undefined {
  return experienceWith(codeHash, data).milliseconds
}

/** Whether one is to be offered again; each time that it is not is counted. */
export function isOfferedAgain(codeHash: Hash | undefined, data: Uint8Array): boolean {
  const experience = experienceWith(codeHash, data)
  if (experience.leftOut === 0) return true
  experience.leftOut--
  return false
}

/** By the selector; call data without one is taken as if zeros followed. */
function experienceWith(codeHash: Hash | undefined, [a = 0, b = 0, c = 0, d = 0]: Uint8Array): Experience {
  const selector = (a << 24) | (b << 16) | (c << 8) | d
  return known.get(`${codeHash} ${selector}`, () => ({ milliseconds: undefined, leftOut: 0 }))!
}

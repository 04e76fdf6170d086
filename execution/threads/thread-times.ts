import type { Hash } from '../../primitives/hex.ts'
import { RecentCache } from '../../storage/recent-cache.ts'
import type { HelpFailure } from './helpers.ts'

/** Functions that are remembered. */
const MAX_FUNCTIONS = 4_096
/** Weight of a new run in the mean. */
const NEWEST = 0.25

/** A thread that no helper can run is left out so many times: one that looks at the state most likely always does. */
const LEFT_OUT_IN_VAIN = 64
/** Those of a function that helpers are late with again and again, the more often the longer: other processors have something else to do. */
const LEFT_OUT_LATE = [0, 0, 4, 8, 16, 32, 64]

/** How long threads of a function take, in milliseconds. */
export interface ThreadTime {
  /** Of late. */
  readonly mean: number
  /** The one before: with the arguments of the present ones, as like as not. */
  readonly last: number
}

interface Experience {
  /** `undefined` before the first run. */
  time: ThreadTime | undefined
  /** Offers that are still to be left out. */
  leftOut: number
  /** How often in a row helpers were late. */
  late: number
}

const known = new RecentCache<string, Experience>({ maxWeight: MAX_FUNCTIONS })

/** A sub-thread of this function took so long, in this thread. */
export function noteThreadTime(codeHash: Hash | undefined, data: Uint8Array, milliseconds: number): void {
  const experience = experienceWith(codeHash, data)
  const mean = experience.time?.mean ?? milliseconds
  experience.time = { mean: mean + (milliseconds - mean) * NEWEST, last: milliseconds }
}

/** A helper had one, and this came of it. */
export function noteHelp(codeHash: Hash | undefined, data: Uint8Array, outcome: HelpFailure | 'done'): void {
  const experience = experienceWith(codeHash, data)
  if (outcome === 'in vain') experience.leftOut = LEFT_OUT_IN_VAIN
  if (outcome === 'late') experience.leftOut = LEFT_OUT_LATE[experience.late] ?? LEFT_OUT_IN_VAIN
  experience.late = outcome === 'late' ? experience.late + 1 : 0
}

/** `undefined` for a function that has not run yet. */
export function threadTime(codeHash: Hash | undefined, data: Uint8Array): ThreadTime | undefined {
  return experienceWith(codeHash, data).time
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
  return known.get(`${codeHash} ${selector}`, () => ({ time: undefined, leftOut: 0, late: 0 }))!
}

import type { Activation, ChainConfig } from '../../config/chain.ts'
import { type BlobSchedule, HARDFORKS, type Hardfork, type Rules, rulesFor } from '../../config/hardforks.ts'

/** Why a case is skipped whose fork is none of ours. */
export const UNKNOWN_FORK = 'a hardfork that pavm does not have'

/** What Ethereum's tests call hardforks where it is not simply our name for them. */
const OTHER_NAMES: Readonly<Record<string, Hardfork>> = {
  Dao: 'daoFork',
  EIP150: 'tangerineWhistle',
  EIP158: 'spuriousDragon',
  ConstantinopleFix: 'petersburg',
  Merge: 'paris',
}

const BY_LOWER_CASE = new Map(HARDFORKS.map((hardfork) => [hardfork.toLowerCase(), hardfork]))

/** The hardfork that a test names; `undefined` for one that pavm does not have. */
export function hardforkNamed(name: string): Hardfork | undefined {
  return OTHER_NAMES[name] ?? BY_LOWER_CASE.get(name.toLowerCase())
}

/** By the names of hardforks, numbers as hex. */
export type BlobScheduleJson = Readonly<Record<string, Readonly<Record<keyof BlobSchedule, string>>>>

function blobScheduleOf({ target, max, baseFeeUpdateFraction }: Record<keyof BlobSchedule, string>): BlobSchedule {
  return { target: Number(target), max: Number(max), baseFeeUpdateFraction: BigInt(baseFeeUpdateFraction) }
}

/** The schedules of a test by hardfork. */
export function blobSchedulesOf(json: BlobScheduleJson = {}): ChainConfig['blobSchedule'] {
  return Object.fromEntries(
    Object.entries(json).flatMap(([name, schedule]) => {
      const hardfork = hardforkNamed(name)
      return hardfork === undefined ? [] : [[hardfork, blobScheduleOf(schedule)]]
    }),
  )
}

/** The rules that a test names; `undefined` for a hardfork that pavm does not have, or a transition between two. */
export function rulesNamed(fork: string, blobSchedules?: BlobScheduleJson): Rules | undefined {
  const hardfork = hardforkNamed(fork)
  return hardfork && rulesFor(hardfork, blobSchedulesOf(blobSchedules)[hardfork])
}

/** `AToBAt5` (block), `AToBAtTime15k` (timestamp), `AToBAtDiffC0000` (total difficulty). */
const TRANSITION = /^(\w+?)To(\w+?)At(Time|Diff)?(\w+)$/

/**
 * The hardforks of a network by its name: one hardfork from block 0 on, or a transition from one to another. A Merge by
 * total difficulty comes with block `mergeAt`. `undefined` when one is not known.
 */
export function activationsOf(network: string, mergeAt: bigint): Activation[] | undefined {
  const [, first = network, second, unit, at = ''] = TRANSITION.exec(network) ?? []
  const before = hardforkNamed(first)
  if (before === undefined) return undefined
  const activations = HARDFORKS.slice(1, HARDFORKS.indexOf(before) + 1)
    .filter((hardfork) => hardfork !== 'daoFork')
    .map((hardfork): Activation => ({ hardfork, by: 'number', at: 0n }))
  if (second === undefined) return activations
  const after = hardforkNamed(second)
  if (after === undefined) return undefined
  const number = unit === 'Diff' ? mergeAt : BigInt(at.replace('k', '000'))
  return [...activations, { hardfork: after, by: unit === 'Time' ? 'timestamp' : 'number', at: number }]
}

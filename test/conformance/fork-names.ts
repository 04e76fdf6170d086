import { type BlobSchedule, type Hardfork, type Rules, rulesFor } from '../../config/hardforks.ts'

/** Hardforks by the names that Ethereum's tests give them. */
const HARDFORKS: Readonly<Record<string, Hardfork>> = {
  Frontier: 'frontier',
  Homestead: 'homestead',
  EIP150: 'tangerineWhistle',
  EIP158: 'spuriousDragon',
  Byzantium: 'byzantium',
  Constantinople: 'constantinople',
  ConstantinopleFix: 'petersburg',
  Istanbul: 'istanbul',
  MuirGlacier: 'muirGlacier',
  Berlin: 'berlin',
  London: 'london',
  ArrowGlacier: 'arrowGlacier',
  GrayGlacier: 'grayGlacier',
  Merge: 'paris',
  Paris: 'paris',
  Shanghai: 'shanghai',
  Cancun: 'cancun',
  Prague: 'prague',
  Osaka: 'osaka',
  BPO1: 'bpo1',
  BPO2: 'bpo2',
  BPO3: 'bpo3',
  BPO4: 'bpo4',
  BPO5: 'bpo5',
}

export type BlobScheduleJson = Readonly<Record<string, Readonly<Record<keyof BlobSchedule, string>>>>

/** The rules a test names; `undefined` for a fork that is not Ethereum's or a transition between two. */
export function rulesNamed(fork: string, blobSchedules: BlobScheduleJson = {}): Rules | undefined {
  const hardfork = HARDFORKS[fork]
  if (hardfork === undefined) return undefined
  const schedule = blobSchedules[fork]
  if (schedule === undefined) return rulesFor(hardfork)
  return rulesFor(hardfork, {
    target: Number(schedule.target),
    max: Number(schedule.max),
    baseFeeUpdateFraction: BigInt(schedule.baseFeeUpdateFraction),
  })
}

import type { Program } from '../vm.ts'
import { measureCosts } from './block-costs.ts'
import { blockOf, openBlockSite } from './block-site.ts'
import { callSteps, callsSection, measureCalls } from './calls.ts'
import { modelSection } from './model.ts'
import { measureOverall, overallSection } from './overall.ts'
import { measureRecordingTime, recordingSection } from './recording-time.ts'
import type { OnStep, Section } from './section.ts'
import type { Sizes } from './sizes.ts'
import { speedUpsSection } from './speed-ups.ts'
import { measureThreadCounts, threadCountsSection } from './thread-counts.ts'
import { throughputSection } from './throughput.ts'
import { measureUtilisation, utilisationSection } from './utilisation.ts'
import {
  countsSection,
  groupsSection,
  measureCounts,
  measureGroups,
  measureWorkloads,
  workloadsSection,
} from './validation.ts'
import { measureBlockWays } from './ways.ts'

export interface ReproduceModules {
  /** Other virtual machines, measured where they are there. */
  readonly programs: readonly Program[]
  readonly onStep: OnStep
}

/** Experiments that measure the blocks of each workload. */
const EACH_WORKLOAD = 5

/** How often `onStep` is called. */
export function stepsOf(sizes: Sizes): number {
  const { workloads, counts, countedWorkloads, groupSizes } = sizes.blocks
  const blocks = EACH_WORKLOAD * workloads.length + counts.length * countedWorkloads.length + groupSizes.length
  return callSteps(sizes) + sizes.threadCounts.length + blocks
}

/** All experiments, one after the other, in the order of the document. */
export async function reproduce(sizes: Sizes, { programs, onStep }: ReproduceModules): Promise<readonly Section[]> {
  const calls = await measureCalls(sizes, programs, onStep)
  const threadCounts = await measureThreadCounts(sizes, onStep)
  const { transactions, counts, firstWarmUps } = sizes.blocks
  const site = await openBlockSite(Math.max(transactions, ...counts))
  try {
    // Threads that have seen many blocks run other code of V8's than those that have seen few: the first rows would be worse.
    const warmUp = { ...sizes, blocks: { ...sizes.blocks, warmUps: firstWarmUps, rounds: 1 } }
    await measureBlockWays(site, await blockOf(site, 'ERC20', transactions), warmUp)
    const overall = await measureOverall(site, sizes, onStep)
    const validations = await measureWorkloads(site, sizes, onStep)
    const byCount = await measureCounts(site, sizes, onStep)
    const byGroup = await measureGroups(site, sizes, onStep)
    const recording = await measureRecordingTime(site, sizes, onStep)
    const utilisations = await measureUtilisation(site, sizes, onStep)
    const costs = await measureCosts(site, sizes, onStep)
    return [
      overallSection(overall),
      callsSection(calls),
      workloadsSection(validations),
      countsSection(byCount),
      groupsSection(byGroup),
      threadCountsSection(threadCounts),
      recordingSection(recording),
      throughputSection(validations, overall),
      utilisationSection(utilisations, sizes),
      modelSection(costs, threadCounts, sizes),
      speedUpsSection(calls, validations),
    ]
  } finally {
    await site.lab.close()
  }
}

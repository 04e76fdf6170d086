import { availableParallelism } from 'node:os'
import { Command, Option } from 'commander'
import type { Hardfork } from '../../config/hardforks.ts'
import { fuzzLoop, newSeed, say, wholeNumber } from '../fuzz/fuzz-loop.ts'
import { FUZZED_HARDFORKS } from '../fuzz/random-environment.ts'
import {
  describeTierDifference,
  type FoundTierDifference,
  runTierCase,
  TIER_CASE_KINDS,
  type TierBatchResult,
  type TierCaseKind,
  type TierCaseSelection,
} from './tier-cases.ts'

const CASES_PER_BATCH = 20

interface Options {
  readonly seed: number
  readonly count: number | undefined
  readonly case: number | undefined
  readonly kind: TierCaseKind | 'all'
  readonly fork: Hardfork | undefined
  readonly workers: number
}

const command = new Command('npm run fuzz:tiers --')
  .description('compares all engines with the reference interpreter on random messages, until they differ')
  .option('--seed <number>', 'all cases follow from it (default: a new one)', wholeNumber)
  .option('--count <number>', 'comparisons to make (default: endless, until Ctrl-C)', wholeNumber)
  .option('--case <number>', 'run only the case with this number', wholeNumber)
  .addOption(new Option('--kind <kind>', 'what to run').choices([...TIER_CASE_KINDS, 'all']).default('all'))
  .addOption(new Option('--fork <hardfork>', 'under which rules (default: all)').choices(FUZZED_HARDFORKS))
  .option('--workers <number>', 'threads', wholeNumber, availableParallelism())

const parsed = command.parse().opts<Omit<Options, 'seed'> & { readonly seed?: number }>()
const options: Options = { ...parsed, seed: parsed.seed ?? newSeed() }
const selection: TierCaseSelection = {
  seed: options.seed,
  kind: options.kind === 'all' ? undefined : options.kind,
  hardfork: options.fork,
  isQuick: false,
}
say(`seed ${options.seed}`)
const difference = options.case === undefined ? await fuzz() : runOne(options.case)
if (difference !== undefined) tell(difference)
process.exitCode = difference === undefined ? 0 : 1

async function fuzz(): Promise<FoundTierDifference | undefined> {
  return await fuzzLoop<TierCaseKind, FoundTierDifference, TierBatchResult>({
    kinds: TIER_CASE_KINDS,
    seed: options.seed,
    count: options.count,
    threads: {
      entry: new URL('./tier-worker.ts', import.meta.url),
      name: 'tiers',
      data: selection,
      threads: options.workers,
      batch: CASES_PER_BATCH,
    },
  })
}

function runOne(number: number): FoundTierDifference | undefined {
  const { kind, hardfork, result } = runTierCase(selection, number)
  const { comparisons } = result
  say(`case ${number} (${kind}, ${hardfork}): ${comparisons} comparisons, differences ${result.difference ? 1 : 0}`)
  return result.difference && { ...result.difference, number, kind, hardfork }
}

function tell(found: FoundTierDifference): void {
  say(describeTierDifference(found))
  const fork = options.fork === undefined ? '' : ` --fork ${options.fork}`
  say(`again: npm run fuzz:tiers -- --seed ${options.seed} --kind ${options.kind}${fork} --case ${found.number}`)
}

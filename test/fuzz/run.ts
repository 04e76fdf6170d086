import { availableParallelism } from 'node:os'
import { Command, Option } from 'commander'
import type { Hardfork } from '../../config/hardforks.ts'
import type { CaseSelection } from './cases.ts'
import { type BatchResult, describeDifference, type FoundDifference, preparedCase } from './fuzz-batch.ts'
import { CASE_KINDS, type CaseKind, environmentOf } from './fuzz-case.ts'
import { fuzzLoop, newSeed, say, wholeNumber } from './fuzz-loop.ts'
import { FUZZED_HARDFORKS } from './random-environment.ts'
import { accountsBefore, runCase } from './run-case.ts'
import { traceDifference } from './trace-difference.ts'

const CASES_PER_BATCH = 50

interface Options {
  readonly seed: number
  readonly count: number | undefined
  readonly case: number | undefined
  readonly kind: CaseKind | 'all'
  readonly fork: Hardfork | undefined
  readonly trace: boolean
  readonly workers: number
}

const command = new Command('npm run fuzz --')
  .description('compares this EVM with @ethereumjs/evm on random messages, until they differ')
  .option('--seed <number>', 'all cases follow from it (default: a new one)', wholeNumber)
  .option('--count <number>', 'comparisons to make (default: endless, until Ctrl-C)', wholeNumber)
  .option('--case <number>', 'run only the case with this number', wholeNumber)
  .addOption(new Option('--kind <kind>', 'what to run').choices([...CASE_KINDS, 'all']).default('all'))
  .addOption(new Option('--fork <hardfork>', 'under which rules (default: all)').choices(FUZZED_HARDFORKS))
  .option('--trace', 'show both traces up to where they differ', false)
  .option('--workers <number>', 'threads', wholeNumber, availableParallelism())

const parsed = command.parse().opts<Omit<Options, 'seed'> & { readonly seed?: number }>()
const options: Options = { ...parsed, seed: parsed.seed ?? newSeed() }
const selection: CaseSelection = {
  seed: options.seed,
  kind: options.kind === 'all' ? undefined : options.kind,
  hardfork: options.fork,
  isQuick: false,
}
say(`seed ${options.seed}`)
process.exitCode = options.case === undefined ? await fuzz() : await runOne(options.case)

/** Runs until there is a difference, enough was compared or Ctrl-C. Returns the exit code. */
async function fuzz(): Promise<number> {
  let cutShort = 0
  const difference = await fuzzLoop<CaseKind, FoundDifference, BatchResult>({
    kinds: CASE_KINDS,
    seed: options.seed,
    count: options.count,
    threads: {
      entry: new URL('./fuzz-worker.ts', import.meta.url),
      name: 'fuzz',
      data: selection,
      threads: options.workers,
      batch: CASES_PER_BATCH,
    },
    onResult: (result) => {
      cutShort += result.cutShort
    },
  })
  if (difference) await tell(difference)
  if (cutShort > 0)
    say(`${cutShort} cases were given up at a difference that is known: see test/fuzz/known-differences.ts`)
  return difference ? 1 : 0
}

/** Runs one case. Returns the exit code. */
async function runOne(number: number): Promise<number> {
  const fuzzCase = await preparedCase(selection, number)
  const { comparisons, difference } = await runCase(fuzzCase)
  const { hardfork } = fuzzCase.environment.rules
  if (difference) await tell({ ...difference, number, kind: fuzzCase.kind, hardfork })
  else if (options.trace) await trace(number, fuzzCase.messages.length - 1)
  say(`case ${number} (${fuzzCase.kind}, ${hardfork}): ${comparisons} comparisons, differences ${difference ? 1 : 0}`)
  return difference ? 1 : 0
}

async function tell(difference: FoundDifference): Promise<void> {
  say(describeDifference(difference))
  if (options.trace) await trace(difference.number, difference.index)
  const fork = options.fork === undefined ? '' : ` --fork ${options.fork}`
  say(`again: npm run fuzz -- --seed ${options.seed} --kind ${options.kind}${fork} --case ${difference.number} --trace`)
}

async function trace(number: number, index: number): Promise<void> {
  const fuzzCase = await preparedCase(selection, number)
  const message = fuzzCase.messages[index]
  if (message === undefined) return
  const { lines } = await traceDifference(accountsBefore(fuzzCase, index), message, environmentOf(fuzzCase, index))
  for (const line of lines) say(line)
}

import type { Hardfork } from '../../config/hardforks.ts'
import type { Tracer } from '../../execution/evm/tracer.ts'
import { caseFor, caseSeed } from '../fuzz/cases.ts'
import { environmentOf, type FuzzCase } from '../fuzz/fuzz-case.ts'
import { randomSnippetCase } from '../fuzz/random-bytecode-case.ts'
import { randomHardfork } from '../fuzz/random-environment.ts'
import { accountsBefore } from '../fuzz/run-case.ts'
import { Random } from '../support/random.ts'
import { TierCase, type TierDifference, type TierResult } from './differences.ts'

/**
 * `snippets`: short programs with several inputs. `sweep`: a snippet, or a call of a compiled contract, under many gas
 * limits. `bytecode` and `contracts`: as the fuzzer has them.
 */
export const TIER_CASE_KINDS = ['snippets', 'sweep', 'bytecode', 'contracts'] as const

export type TierCaseKind = (typeof TIER_CASE_KINDS)[number]

export interface TierCaseSelection {
  readonly seed: number
  /** `undefined`: all. */
  readonly kind?: TierCaseKind | undefined
  readonly hardfork?: Hardfork | undefined
  /** As in `CaseSelection` of the fuzzer. */
  readonly isQuick: boolean
}

export interface TierBatchResult {
  readonly comparisons: Readonly<Record<TierCaseKind, number>>
  /** The first, after which the batch was given up. */
  readonly difference: FoundTierDifference | undefined
}

export interface FoundTierDifference extends TierDifference {
  readonly number: number
  readonly kind: TierCaseKind
  readonly hardfork: Hardfork
}

const INPUTS = 6
const RANDOM_LIMITS = 60
/** Steps around whose gas is swept, at most. */
const SWEPT_STEPS = 150

/** Runs `count` cases from the number `first` on. */
export function tierBatch(selection: TierCaseSelection, first: number, count: number): TierBatchResult {
  const comparisons = Object.fromEntries(TIER_CASE_KINDS.map((kind) => [kind, 0])) as Record<TierCaseKind, number>
  for (let number = first; number < first + count; number++) {
    const { kind, hardfork, result } = runNamed(selection, number)
    comparisons[kind] += result.comparisons
    if (result.difference !== undefined) {
      return { comparisons, difference: { ...result.difference, number, kind, hardfork } }
    }
  }
  return { comparisons, difference: undefined }
}

export function runTierCase(
  { seed, kind, hardfork, isQuick }: TierCaseSelection,
  number: number,
): { readonly kind: TierCaseKind; readonly hardfork: Hardfork; readonly result: TierResult } {
  const random = new Random(caseSeed(seed, number))
  const chosenKind = randomKind(random)
  const chosenHardfork = randomHardfork(random)
  const use = { kind: kind ?? chosenKind, hardfork: hardfork ?? chosenHardfork }
  return { ...use, result: run(use.kind, use.hardfork, random, { seed, number, isQuick }) }
}

/** What a case throws is a bug: it can be run again by its number. */
function runNamed(selection: TierCaseSelection, number: number): ReturnType<typeof runTierCase> {
  try {
    return runTierCase(selection, number)
  } catch (error) {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error)
    throw new Error(`case ${number} threw ${what}`, { cause: error })
  }
}

function randomKind(random: Random): TierCaseKind {
  const kind = random.below(100)
  if (kind < 3) return 'contracts'
  if (kind < 5) return 'sweep'
  return kind < 60 ? 'snippets' : 'bytecode'
}

function run(
  kind: TierCaseKind,
  hardfork: Hardfork,
  random: Random,
  { seed, number, isQuick }: { readonly seed: number; readonly number: number; readonly isQuick: boolean },
): TierResult {
  switch (kind) {
    case 'snippets':
      return new TierCase(randomSnippetCase(random, hardfork, isQuick, INPUTS)).compare()
    case 'sweep':
      return sweep(random, sweptCase(random, hardfork, { seed, number, isQuick }))
    case 'bytecode':
    case 'contracts':
      return new TierCase(caseFor({ seed, kind, hardfork, isQuick }, number)).compare()
  }
}

/** One message: to a snippet, or to a contract on the state that other calls have left. */
function sweptCase(
  random: Random,
  hardfork: Hardfork,
  selection: { readonly seed: number; readonly number: number; readonly isQuick: boolean },
): FuzzCase {
  if (random.chance(0.7)) return randomSnippetCase(random, hardfork, selection.isQuick, 1)
  const calls = caseFor({ ...selection, kind: 'contracts', hardfork }, selection.number)
  const index = random.below(calls.messages.length)
  return {
    ...calls,
    environment: environmentOf(calls, index),
    accounts: accountsBefore(calls, index),
    messages: [{ ...calls.messages[index]!, gas: 1_000_000n }],
  }
}

/** Under gas limits that end the run in any instruction, or any of some, just not, and at random. */
export function sweep(random: Random, fuzzCase: FuzzCase, maxSteps = SWEPT_STEPS): TierResult {
  const tierCase = new TierCase(fuzzCase)
  let comparisons = 0
  for (const limit of gasLimits(random, tierCase, fuzzCase.messages[0]!.gas, maxSteps)) {
    const { difference } = tierCase.compare(limit)
    if (difference !== undefined) return { comparisons, difference }
    comparisons++
  }
  return { comparisons, difference: undefined }
}

function gasLimits(random: Random, tierCase: TierCase, gas: bigint, maxSteps: number): ReadonlySet<bigint> {
  /** Gas used before each instruction. What a call inside gets depends on the limit: for it this is a guess. */
  const used = new Set<bigint>()
  const tracer: Tracer = {
    onStep: (frame) => {
      if (frame.message.depth === 0) used.add(gas - frame.gas)
    },
  }
  const [ran] = tierCase.runOnReference(tracer)
  const total = gas - ran!.gasLeft
  const steps = [...used]
  while (steps.length > maxSteps) steps.splice(random.below(steps.length), 1)
  const around = [...steps, total].flatMap((each) => [each - 1n, each, each + 1n])
  const anywhere = Array.from({ length: RANDOM_LIMITS }, () => BigInt(random.below(Number(total) + 2)))
  return new Set([...around, ...anywhere].filter((limit) => limit >= 0n && limit <= gas))
}

/** For people, without what would be different when it is run again. */
export function describeTierDifference(difference: FoundTierDifference): string {
  const { number, kind, hardfork, index, gas, tier, what } = difference
  return `case ${number} (${kind}, ${hardfork}), message ${index} with ${gas} gas on ${tier}: ${what}`
}

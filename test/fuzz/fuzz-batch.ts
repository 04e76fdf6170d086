import type { Hardfork } from '../../config/hardforks.ts'
import { type CaseSelection, caseFor } from './cases.ts'
import { CASE_KINDS, type CaseKind, type FuzzCase } from './fuzz-case.ts'
import { loadPointEvaluation } from './other-evms.ts'
import { type CaseDifference, type CaseResult, runCase } from './run-case.ts'

/** A case that showed a difference. */
export interface FoundDifference extends CaseDifference {
  readonly number: number
  readonly kind: CaseKind
  readonly hardfork: Hardfork
}

export interface BatchResult {
  readonly comparisons: Readonly<Record<CaseKind, number>>
  /** Cases given up at a known difference (known-differences.ts). */
  readonly cutShort: number
  /** The first, after which the batch was given up. */
  readonly difference: FoundDifference | undefined
}

/** Runs `count` cases from the number `first` on. */
export async function fuzzBatch(selection: CaseSelection, first: number, count: number): Promise<BatchResult> {
  const comparisons = noComparisons()
  let cutShort = 0
  for (let number = first; number < first + count; number++) {
    const fuzzCase = await preparedCase(selection, number)
    const result = await runNamed(fuzzCase, number)
    comparisons[fuzzCase.kind] += result.comparisons
    if (result.isCutShort) cutShort++
    if (result.difference === undefined) continue
    const { hardfork } = fuzzCase.environment.rules
    return { comparisons, cutShort, difference: { ...result.difference, number, kind: fuzzCase.kind, hardfork } }
  }
  return { comparisons, cutShort, difference: undefined }
}

/** What a case throws is a bug of the interpreter or of the fuzzer: it can be run again by its number. */
async function runNamed(fuzzCase: FuzzCase, number: number): Promise<CaseResult> {
  try {
    return await runCase(fuzzCase)
  } catch (error) {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error)
    throw new Error(`case ${number} threw ${what}`, { cause: error })
  }
}

/** The case, and what running it needs. */
export async function preparedCase(selection: CaseSelection, number: number): Promise<FuzzCase> {
  const fuzzCase = caseFor(selection, number)
  const evaluatesPoints = fuzzCase.environment.rules.hasBeaconRoots && fuzzCase.kind !== 'contracts'
  if (evaluatesPoints && !selection.isQuick) await loadPointEvaluation()
  return fuzzCase
}

export function noComparisons(): Record<CaseKind, number> {
  return Object.fromEntries(CASE_KINDS.map((kind) => [kind, 0])) as Record<CaseKind, number>
}

/** For people, without what would be different when it is run again. */
export function describeDifference({ number, kind, hardfork, index, what }: FoundDifference): string {
  return `case ${number} (${kind}, ${hardfork}), message ${index}: ${what}`
}

import type { VectorContent } from './vector-files.ts'

/** One kind of vectors: how to tell their files, and what to do with each case. */
export interface Suite {
  readonly name: string
  /** Whether a file is of this kind, told by what is in it rather than by where it lies. */
  matches(content: VectorContent): boolean
  /** One is run before the next is asked for. */
  cases(content: VectorContent): Iterable<Case> | AsyncIterable<Case>
}

export interface Case {
  readonly name: string
  /** As the vectors name it; `-` for what is the same under every hardfork. */
  readonly fork: string
  /** Why the case is not run. */
  readonly skipped?: string | undefined
  run(options: RunOptions): CaseResult | Promise<CaseResult>
}

export interface RunOptions {
  /** An empty folder for the case alone, which is removed after it. */
  scratch(): string
  /** Add the trace of a failing case, up to where another implementation goes another way. */
  readonly trace: boolean
}

export interface CaseResult {
  /** What is wrong, in as many lines as it takes; `undefined` when all is as it should be. */
  readonly problem?: string | undefined
  /** Something that could not be checked. */
  readonly unchecked?: string | undefined
  /** Blocks that were also executed with a plan and replayed by every strategy. */
  readonly replayed?: number | undefined
}

export const PASSED: CaseResult = {}

export const ANY_FORK = '-'

/** A case that is the same under every hardfork. `check` says what is wrong. */
export function plainCase(name: string, check: () => string | undefined): Case {
  return { name, fork: ANY_FORK, run: () => ({ problem: check() }) }
}

/** A case that is not run. */
export function skippedCase(name: string, fork: string, reason: string): Case {
  return { name, fork, skipped: reason, run: () => PASSED }
}

/** What differs between what there is and what should be, in words; `undefined` when nothing does. */
export function difference<T extends string | bigint | number | boolean | undefined>(
  what: string,
  actual: T,
  expected: T,
): string | undefined {
  return actual === expected ? undefined : `${what} is ${actual}, should be ${expected}`
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether the JSON is an object, not empty, of objects that all have these keys: how Ethereum's tests are written. */
export function isTestsWith(json: unknown, ...keys: readonly string[]): boolean {
  return isRecord(json) && isListWith(Object.values(json), ...keys)
}

/** Whether the JSON is a list, not empty, of objects that all have these keys: how others write theirs. */
export function isListWith(json: unknown, ...keys: readonly string[]): boolean {
  if (!Array.isArray(json) || json.length === 0) return false
  return json.every((each) => isRecord(each) && keys.every((key) => key in each))
}

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Case, CaseResult } from './suite.ts'
import { suiteOf } from './suites.ts'
import type { VectorReader } from './vector-files.ts'

/** Which cases to run, and how. Plain data. */
export interface RunFileOptions {
  /** Part of the name of each. */
  readonly name: string
  /** Of the vectors' names of hardforks; empty for all. */
  readonly fork: string
  /** Every so manyth case of the file, from `offset` on. */
  readonly stride: number
  readonly offset: number
  readonly trace: boolean
}

export interface Failure {
  readonly name: string
  readonly fork: string
  readonly problem: string
}

export interface Counts {
  passed: number
  failed: number
  skipped: number
}

/** What became of the cases of a file. */
export interface FileReport {
  readonly path: string
  readonly suite: string | undefined
  /** Why no case of the file was run, if none is meant to be. */
  readonly notRun: string | undefined
  readonly byFork: ReadonlyMap<string, Counts>
  readonly failures: readonly Failure[]
  /** How often each reason for skipping a case came up, ... */
  readonly skips: ReadonlyMap<string, number>
  /** ... and each thing that could not be checked. */
  readonly unchecked: ReadonlyMap<string, number>
  /** Blocks also executed with a plan and replayed by every strategy. */
  readonly replayed: number
  readonly slowest: { readonly name: string; readonly durationMs: number } | undefined
}

/** Runs the cases of a file, one after another, in this thread. */
export async function runFile(path: string, options: RunFileOptions, reader: VectorReader): Promise<FileReport> {
  const content = reader.read(path)
  const suite = suiteOf(content)
  const report = new ReportBuilder(path)
  if ('notRun' in suite) return report.build(undefined, suite.notRun)
  let index = 0
  for await (const each of suite.cases(content)) {
    if (!each.name.includes(options.name) || (options.fork !== '' && each.fork !== options.fork)) continue
    if (index++ % options.stride !== options.offset) continue
    if (each.skipped !== undefined) report.skip(each, each.skipped)
    else await runCase(each, options, report)
  }
  return report.build(suite.name, undefined)
}

async function runCase(each: Case, { trace }: RunFileOptions, report: ReportBuilder): Promise<void> {
  const startMs = performance.now()
  let directory: string | undefined
  const scratch = (): string => {
    directory ??= mkdtempSync(join(tmpdir(), 'pavm-'))
    return directory
  }
  try {
    report.add(each, await resultOf(() => each.run({ scratch, trace })), performance.now() - startMs)
  } finally {
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true })
  }
}

/** Whatever a case throws is what is wrong with it. */
async function resultOf(run: () => CaseResult | Promise<CaseResult>): Promise<CaseResult> {
  try {
    return await run()
  } catch (error) {
    return { problem: `threw ${error instanceof Error ? error.stack : String(error)}` }
  }
}

class ReportBuilder {
  readonly #path: string
  readonly #byFork = new Map<string, Counts>()
  readonly #failures: Failure[] = []
  readonly #skips = new Map<string, number>()
  readonly #unchecked = new Map<string, number>()
  #replayed = 0
  #slowest: FileReport['slowest']

  constructor(path: string) {
    this.#path = path
  }

  skip({ fork }: Case, reason: string): void {
    this.#counts(fork).skipped++
    countUp(this.#skips, reason)
  }

  add({ name, fork }: Case, { problem, unchecked, replayed = 0 }: CaseResult, durationMs: number): void {
    const counts = this.#counts(fork)
    if (problem === undefined) {
      counts.passed++
    } else {
      counts.failed++
      this.#failures.push({ name, fork, problem })
    }
    if (unchecked !== undefined) countUp(this.#unchecked, unchecked)
    this.#replayed += replayed
    if (durationMs > (this.#slowest?.durationMs ?? 0)) this.#slowest = { name, durationMs }
  }

  build(suite: string | undefined, notRun: string | undefined): FileReport {
    return {
      path: this.#path,
      suite,
      notRun,
      byFork: this.#byFork,
      failures: this.#failures,
      skips: this.#skips,
      unchecked: this.#unchecked,
      replayed: this.#replayed,
      slowest: this.#slowest,
    }
  }

  #counts(fork: string): Counts {
    const counts = this.#byFork.get(fork) ?? { passed: 0, failed: 0, skipped: 0 }
    this.#byFork.set(fork, counts)
    return counts
  }
}

export function countUp(counts: Map<string, number>, key: string, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by)
}

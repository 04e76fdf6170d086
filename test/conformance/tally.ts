import { type Counts, countUp, type Failure, type FileReport } from './run-file.ts'

/** A failure and the file it is in. */
export interface LocatedFailure extends Failure {
  readonly path: string
}

/** Adds up what became of the cases of many files. */
export class Tally {
  readonly bySuite = new Map<string, Map<string, Counts>>()
  readonly failures: LocatedFailure[] = []
  readonly skips = new Map<string, number>()
  readonly unchecked = new Map<string, number>()
  /** Files of which nothing is run, by reason. */
  readonly notRun = new Map<string, Set<string>>()
  /** Paths by suite: a file can come in parts. */
  readonly files = new Map<string, Set<string>>()
  replayed = 0

  add(report: FileReport): void {
    if (report.suite === undefined) {
      addTo(this.notRun, report.notRun ?? '', report.path)
      return
    }
    addTo(this.files, report.suite, report.path)
    const byFork = this.bySuite.get(report.suite) ?? new Map<string, Counts>()
    this.bySuite.set(report.suite, byFork)
    for (const [fork, counts] of report.byFork) byFork.set(fork, sum([byFork.get(fork) ?? NONE, counts]))
    for (const failure of report.failures) this.failures.push({ ...failure, path: report.path })
    for (const [reason, count] of report.skips) countUp(this.skips, reason, count)
    for (const [what, count] of report.unchecked) countUp(this.unchecked, what, count)
    this.replayed += report.replayed
  }

  get total(): Counts {
    return sum([...this.bySuite.values()].flatMap((byFork) => [...byFork.values()]))
  }
}

function addTo(paths: Map<string, Set<string>>, key: string, path: string): void {
  const known = paths.get(key)
  if (known === undefined) paths.set(key, new Set([path]))
  else known.add(path)
}

const NONE: Readonly<Counts> = { passed: 0, failed: 0, skipped: 0 }

export function sum(all: Iterable<Readonly<Counts>>): Counts {
  const total = { ...NONE }
  for (const { passed, failed, skipped } of all) {
    total.passed += passed
    total.failed += failed
    total.skipped += skipped
  }
  return total
}

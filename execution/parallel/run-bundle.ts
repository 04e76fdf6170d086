import type { BundleResult, ReplayJob, RunResult } from './protocol.ts'
import type { Run } from './scheduler.ts'

/** A job as a thread works on it. */
export interface OpenJob {
  /** `false` once its owner has what it needs. */
  readonly isWanted: boolean
  /** What fails, fails in the result. */
  run(run: Run, index: number): RunResult
  close(): void
}

/**
 * Results of a bundle: one for all its runs, and others before it for those that show the block to be invalid. It breaks
 * off when nobody wants them any more.
 */
export function* runBundle(job: ReplayJob, bundle: number, open: OpenJob): Generator<BundleResult> {
  let runs: RunResult[] = []
  for (const [index, run] of job.bundles[bundle]!.entries()) {
    if (!open.isWanted) return
    const result = open.run(run, index)
    runs.push(result)
    if (!isInvalid(result)) continue
    yield { bundle, isComplete: false, runs }
    runs = []
  }
  yield { bundle, isComplete: true, runs }
}

/** Whether the run met something that no valid block has. */
export function isInvalid({ usesOtherGas, failure }: RunResult): boolean {
  return usesOtherGas || failure !== undefined
}

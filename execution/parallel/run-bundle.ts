import { ByteWriter } from '../../primitives/byte-stream.ts'
import type { BundleResult, ReplayFailure, RunFailure } from './protocol.ts'
import type { SharedRun } from './replay-input.ts'
import { type RunResult, writeRunResult } from './run-result.ts'

/** A run's result, with what stopped it. */
export interface RunOutcome extends RunResult {
  /** Of what would have come next. */
  readonly failure?: ReplayFailure | undefined
}

/** A job as a thread works on it. */
export interface OpenJob {
  /** `false` once its owner has what it needs. */
  readonly isWanted: boolean
  runs(bundle: number): readonly SharedRun[]
  /** What fails, fails in the result. */
  run(run: SharedRun, index: number): RunOutcome
  close(): void
}

/** Of this thread: its results are written here one after the other, and copied when a bundle is done. */
const writer = new ByteWriter()

/**
 * Results of a bundle: one for all its runs, and others before it for those that show the block to be invalid. It breaks
 * off when nobody wants them any more.
 */
export function* runBundle(bundle: number, open: OpenJob): Generator<BundleResult> {
  let failures: RunFailure[] = []
  const result = (isComplete: boolean): BundleResult => {
    const runs = new SharedArrayBuffer(writer.length)
    new Uint8Array(runs).set(writer.bytes)
    return { bundle, isComplete, runs, failures }
  }
  writer.reset()
  for (const [index, run] of open.runs(bundle).entries()) {
    if (!open.isWanted) return
    const { failure, ...outcome } = open.run(run, index)
    writeRunResult(outcome, writer)
    if (failure !== undefined) failures.push({ run: index, ...failure })
    if (failure === undefined && !outcome.usesOtherGas) continue
    yield result(false)
    writer.reset()
    failures = []
  }
  yield result(true)
}

import type { TaskPool } from '../../execution/parallel/task-pool.ts'
import { openTaskThreads } from '../support/task-threads.ts'
import type { FileReport, RunFileOptions } from './run-file.ts'
import { Tally } from './tally.ts'
import type { ConformanceTasks, ConformanceThreadData } from './worker.ts'

/** Files with cases of many seconds or of minutes. */
export const LONG_FILES = /vmPerformance|benchmark|TimeConsuming|Quadratic/

const FILE_TIMEOUT_MS = 60 * 60 * 1000

/** A file to run, or a part of it. */
export interface VectorJob {
  readonly path: string
  readonly options: RunFileOptions
}

export interface RunVectorsOptions {
  /** Folder of the vectors. */
  readonly directory: string
  /** Those of one archive one after the other. */
  readonly jobs: readonly VectorJob[]
  readonly workers: number
  /** Told of each job that is done. */
  onReport?(report: FileReport): void
}

/** Runs files of vectors on threads, each job in one of them. */
export async function runVectors(options: RunVectorsOptions): Promise<Tally> {
  const tally = new Tally()
  const data: ConformanceThreadData = { directory: options.directory }
  const pool = openTaskThreads<ConformanceTasks>({
    entry: new URL('./worker.ts', import.meta.url),
    name: 'conformance',
    data,
    threads: options.workers,
  })
  const run = async (job: VectorJob): Promise<void> => {
    const report = await reportOf(job, pool)
    tally.add(report)
    options.onReport?.(report)
  }
  try {
    await Promise.all(options.jobs.map(run))
  } finally {
    await pool.close()
  }
  return tally
}

/** A file that cannot be run at all counts as one failed case. */
async function reportOf({ path, options }: VectorJob, pool: TaskPool<ConformanceTasks>): Promise<FileReport> {
  try {
    return await pool.run('run', { path, options }, FILE_TIMEOUT_MS)
  } catch (error) {
    return {
      path,
      suite: 'files that cannot be run',
      notRun: undefined,
      byFork: new Map([['-', { passed: 0, failed: 1, skipped: 0 }]]),
      failures: [{ name: '', fork: '-', problem: error instanceof Error ? error.message : String(error) }],
      skips: new Map(),
      unchecked: new Map(),
      replayed: 0,
      slowest: undefined,
    }
  }
}

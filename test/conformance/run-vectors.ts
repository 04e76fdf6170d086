import { TaskPool } from '../../execution/parallel/task-pool.ts'
import type { FileReport, RunFileOptions } from './run-file.ts'
import { Tally } from './tally.ts'
import type { VectorFile } from './vector-files.ts'
import type { ConformanceTasks, ConformanceThreadData } from './worker.ts'

/** Files with cases of many seconds or of minutes. */
export const LONG_FILES = /vmPerformance|benchmark|TimeConsuming|Quadratic/

const FILE_TIMEOUT_MS = 60 * 60 * 1000
const MEMORY_MEGABYTES = 4096

export interface RunVectorsOptions {
  /** Folder of the vectors. */
  readonly directory: string
  /** Files in it; those of one archive one after the other. */
  readonly files: readonly VectorFile[]
  readonly workers: number
  /** What to run of the file of that index. */
  optionsFor(file: VectorFile, index: number): RunFileOptions
  /** Told of each file that is done. */
  onReport?(report: FileReport): void
}

/** Runs files of vectors on threads, each file in one of them. */
export async function runVectors(options: RunVectorsOptions): Promise<Tally> {
  const { files, optionsFor, onReport } = options
  const tally = new Tally()
  const pool = openPool(options)
  const run = async (file: VectorFile, index: number): Promise<void> => {
    const report = await reportOf(file.path, optionsFor(file, index), pool)
    tally.add(report)
    onReport?.(report)
  }
  try {
    await Promise.all(files.map(run))
  } finally {
    await pool.close()
  }
  return tally
}

/** A file that cannot be run at all counts as one failed case. */
async function reportOf(path: string, options: RunFileOptions, pool: TaskPool<ConformanceTasks>): Promise<FileReport> {
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

function openPool({ directory, files, workers }: RunVectorsOptions): TaskPool<ConformanceTasks> {
  const data: ConformanceThreadData = { directory }
  const thread = {
    entry: new URL('./worker.ts', import.meta.url),
    name: 'conformance',
    data,
    memoryMegabytes: MEMORY_MEGABYTES,
  }
  return new TaskPool<ConformanceTasks>(
    { thread, threads: workers, queued: files.length, attempts: 1 },
    {
      busy: () => new Error('too many files'),
      timeout: (timeoutMs) => new Error(`took longer than ${timeoutMs} ms`),
      died: (cause) => new Error(`the thread died: ${cause.message}`, { cause }),
      closed: () => new Error('ended'),
    },
  )
}

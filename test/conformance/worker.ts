import { workerData } from 'node:worker_threads'
import { serveTasks } from '../../execution/parallel/task-server.ts'
import { type FileReport, type RunFileOptions, runFile } from './run-file.ts'
import { VectorReader } from './vector-files.ts'

/** What a thread of the conformance run does. */
export interface ConformanceTasks {
  run(request: { readonly path: string; readonly options: RunFileOptions }): Promise<FileReport>
}

/** Plain data that the thread starts with. */
export interface ConformanceThreadData {
  readonly directory: string
}

const { directory } = workerData as ConformanceThreadData
const reader = new VectorReader({ directory })
serveTasks<ConformanceTasks>({ run: ({ path, options }) => runFile(path, options, reader) }, async () => {})

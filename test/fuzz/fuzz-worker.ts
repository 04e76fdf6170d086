import { workerData } from 'node:worker_threads'
import { serveTasks } from '../../execution/parallel/task-server.ts'
import type { CaseSelection } from './cases.ts'
import { type BatchResult, fuzzBatch } from './fuzz-batch.ts'

/** What a thread of the fuzzer does. */
export interface FuzzTasks {
  /** Runs `count` cases from the number `first` on. */
  batch(request: { readonly first: number; readonly count: number }): Promise<BatchResult>
}

const selection = workerData as CaseSelection
serveTasks<FuzzTasks>({ batch: ({ first, count }) => fuzzBatch(selection, first, count) }, async () => {})

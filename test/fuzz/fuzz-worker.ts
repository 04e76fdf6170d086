import { workerData } from 'node:worker_threads'
import { serveTasks } from '../../execution/parallel/task-server.ts'
import type { CaseSelection } from './cases.ts'
import { type BatchResult, fuzzBatch } from './fuzz-batch.ts'
import type { BatchTasks } from './fuzz-threads.ts'

const selection = workerData as CaseSelection
serveTasks<BatchTasks<BatchResult>>({ batch: ({ first, count }) => fuzzBatch(selection, first, count) }, async () => {})

import { workerData } from 'node:worker_threads'
import { serveTasks } from '../../execution/parallel/task-server.ts'
import type { BatchTasks } from '../fuzz/fuzz-threads.ts'
import { type TierBatchResult, type TierCaseSelection, tierBatch } from './tier-cases.ts'

const selection = workerData as TierCaseSelection
serveTasks<BatchTasks<TierBatchResult>>(
  { batch: async ({ first, count }) => tierBatch(selection, first, count) },
  async () => {},
)

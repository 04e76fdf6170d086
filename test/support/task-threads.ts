import { TaskPool } from '../../execution/parallel/task-pool.ts'
import type { TaskHandlers } from '../../execution/parallel/task-server.ts'

export interface TaskThreadsOptions {
  /** The module that serves the tasks. */
  readonly entry: URL
  readonly name: string
  /** Plain data that each thread starts with. */
  readonly data: object
  readonly threads: number
}

/** Of each thread's heap: unpacked archives and long traces are large. */
const MEMORY_MEGABYTES = 4096

/** Threads for the long suites: any number of tasks may wait, and a thread that dies fails its task. To be closed. */
export function openTaskThreads<Tasks extends TaskHandlers<Tasks>>({
  threads,
  ...thread
}: TaskThreadsOptions): TaskPool<Tasks> {
  return new TaskPool<Tasks>(
    {
      thread: { ...thread, memoryMegabytes: MEMORY_MEGABYTES },
      threads,
      queued: Number.POSITIVE_INFINITY,
      attempts: 1,
    },
    {
      busy: () => new Error('too many tasks'),
      timeout: (timeoutMs) => new Error(`took longer than ${timeoutMs} ms`),
      died: (cause) => new Error(`the thread died: ${cause.message}`, { cause }),
      closed: () => new Error('ended'),
    },
  )
}

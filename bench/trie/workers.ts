import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { ParallelStateUpdateModules } from '../../storage/trie/parallel-update.ts'

/** Threads that update subtries. */
export class TrieWorkers {
  readonly #workers: readonly Worker[]
  readonly #exits: readonly Promise<unknown>[]

  private constructor(workers: readonly Worker[]) {
    this.#workers = workers
    this.#exits = workers.map((worker) => once(worker, 'exit'))
  }

  static async start(count: number, directory: string, cacheBytes: number): Promise<TrieWorkers> {
    const file = new URL('worker.ts', import.meta.url)
    const workers = Array.from({ length: count }, () => new Worker(file, { workerData: { directory, cacheBytes } }))
    await Promise.all(workers.map((worker) => once(worker, 'message')))
    return new TrieWorkers(workers)
  }

  /** One task of a worker at a time. */
  readonly run: ParallelStateUpdateModules['run'] = async (index, task) => {
    const worker = this.#workers[index]!
    worker.postMessage(task, [task.buffer as ArrayBuffer])
    const [result] = await once(worker, 'message')
    return result
  }

  async stop(): Promise<void> {
    for (const worker of this.#workers) worker.postMessage(undefined)
    await Promise.all(this.#exits)
  }
}

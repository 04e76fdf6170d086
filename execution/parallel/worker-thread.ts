import { Worker } from 'node:worker_threads'

export interface WorkerThreadOptions {
  /** The module that runs in the thread. */
  readonly entry: URL
  /** Shown by debuggers and in the thread's name. */
  readonly name: string
  /** `workerData` of the thread: plain data. */
  readonly data: unknown
  /** Bound of its JavaScript heap. */
  readonly memoryMegabytes: number
}

export interface WorkerThreadEvents<Received> {
  message(message: Received): void
  /** The thread ended without being asked to; it sends nothing any more. */
  death(cause: Error): void
}

/**
 * The owner's end of a worker thread: typed messages, and exactly one `death` however it dies. It does not keep the
 * process alive unless held.
 */
export class WorkerThread<Sent, Received> {
  readonly #worker: Worker
  #isStopped = false

  constructor(options: WorkerThreadOptions, events: WorkerThreadEvents<Received>) {
    this.#worker = new Worker(options.entry, {
      name: options.name,
      workerData: options.data,
      resourceLimits: { maxOldGenerationSizeMb: options.memoryMegabytes },
    })
    let cause: unknown
    this.#worker.on('message', (message: Received) => {
      if (!this.#isStopped) events.message(message)
    })
    this.#worker.on('messageerror', (error) => {
      cause = error
      void this.#worker.terminate()
    })
    this.#worker.on('error', (error) => {
      cause = error
    })
    this.#worker.on('exit', (exitCode) => {
      if (this.#isStopped) return
      this.#isStopped = true
      events.death(cause instanceof Error ? cause : new Error(`thread ended with exit code ${exitCode}`, { cause }))
    })
    this.#worker.unref()
  }

  send(message: Sent): void {
    this.#worker.postMessage(message)
  }

  /** Keeps the process alive until `release`: while somebody waits for an answer. */
  hold(): void {
    this.#worker.ref()
  }

  release(): void {
    this.#worker.unref()
  }

  /** Ends the thread at once, whatever it is doing; no event follows. Resolves when it is gone. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#worker.terminate()
  }
}

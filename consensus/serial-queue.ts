import { BlockError } from '../execution/block/block-error.ts'

/** Runs tasks one after the other, in the order they came, and keeps only so many waiting. */
export class SerialQueue {
  readonly #maxWaiting: number
  #waiting = 0
  #tail: Promise<unknown> = Promise.resolve()
  #isClosed = false

  constructor(options: { readonly maxWaiting: number }) {
    this.#maxWaiting = options.maxWaiting
  }

  /** The task's own outcome. Rejects with `BlockError` `queue-full` or `closed` without having run it. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw closed()
    if (this.#waiting >= this.#maxWaiting) throw new BlockError('queue-full', 'too many blocks wait for import')
    this.#waiting++
    const result = this.#tail.then(() => {
      this.#waiting--
      if (this.#isClosed) throw closed()
      return task()
    })
    this.#tail = result.catch(() => {})
    return result
  }

  /** Waits for the task that runs; those behind it are refused. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#tail
  }
}

function closed(): BlockError {
  return new BlockError('closed', 'the node is shutting down')
}

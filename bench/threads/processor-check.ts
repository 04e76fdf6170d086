import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { allowedProcessors, processorReader } from '../../execution/parallel/affinity.ts'
import { median } from '../measure.ts'
import { CHECK_STATE, checkCall, type ProcessorCheckData } from './check-call.ts'

const ENTRY = new URL('./processor-check-worker.ts', import.meta.url)

/** Calls of which the median counts. */
const CALLS = 5

/**
 * Asks whether the machine has two processors for us at this moment. On shared machines two of them may be one core's, or have to share
 * its caches with somebody else, for seconds or hours: then a call takes up to twice as long while another thread makes the same one,
 * though the two have nothing in common, and nothing that runs on two processors can be measured.
 */
export class ProcessorCheck {
  /** One pinned to each of two processors; none where there is but one, which is what it is. */
  readonly #threads: readonly CheckThread[]
  readonly #ownProcessor = processorReader()
  readonly #call = checkCall()

  private constructor(threads: readonly CheckThread[]) {
    this.#threads = threads
  }

  static async start(): Promise<ProcessorCheck> {
    const processors = allowedProcessors().slice(0, 2)
    const threads = processors.length < 2 ? [] : processors.map((processor) => CheckThread.start(processor))
    return new ProcessorCheck(await Promise.all(threads))
  }

  /** How many times the calls of one processor two make together, now: 2 where nobody is in the way, 1 on a machine that has one. */
  capacity(): number {
    const own = this.#ownProcessor()
    const other = this.#threads.find(({ processor }) => processor !== own)
    if (other === undefined) return 1
    const alone = this.#time()
    other.begin()
    const beside = this.#time()
    other.end()
    return (2 * alone) / beside
  }

  #time(): number {
    return median(Array.from({ length: CALLS }, () => this.#call()))
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()))
  }
}

class CheckThread {
  readonly processor: number
  readonly #worker: Worker
  readonly #state: Int32Array

  private constructor(processor: number, worker: Worker, state: Int32Array) {
    this.processor = processor
    this.#worker = worker
    this.#state = state
  }

  static async start(processor: number): Promise<CheckThread> {
    const state = new Int32Array(new SharedArrayBuffer(4))
    const worker = new Worker(ENTRY, { workerData: { state, processor } satisfies ProcessorCheckData })
    await once(worker, 'message')
    return new CheckThread(processor, worker, state)
  }

  /** Makes calls, from when this returns. */
  begin(): void {
    Atomics.store(this.#state, 0, CHECK_STATE.asked)
    Atomics.notify(this.#state, 0)
    while (Atomics.load(this.#state, 0) !== CHECK_STATE.runs);
  }

  end(): void {
    Atomics.store(this.#state, 0, CHECK_STATE.waits)
  }

  /** It ends by itself: to stop a thread from outside is not safe. */
  async close(): Promise<void> {
    const ended = once(this.#worker, 'exit')
    Atomics.store(this.#state, 0, CHECK_STATE.ends)
    Atomics.notify(this.#state, 0)
    await ended
  }
}

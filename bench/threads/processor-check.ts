import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { allowedProcessors, processorReader } from '../../execution/parallel/affinity.ts'
import { median } from '../measure.ts'
import type { FairTimes } from '../vm/measure-engines.ts'
import { CHECK_STATE, checkCall, type ProcessorCheckData } from './check-call.ts'

const ENTRY = new URL('./processor-check-worker.ts', import.meta.url)

/** Calls of which the median counts. */
const CALLS = 5

/** From which on what runs on two processors can be measured. */
const FAIR_CAPACITY = 1.8

/**
 * Asks whether the machine has two processors for us at this moment. On shared machines two of them may be one core's, or have to share
 * its caches with somebody else, for seconds or hours: then a call takes up to twice as long while another thread makes the same one,
 * though the two have nothing in common, and nothing that runs on two processors can be measured.
 */
export class ProcessorCheck implements FairTimes {
  /** One pinned to each of two processors; none where there is but one, which is what it is. */
  readonly #threads: readonly CheckThread[]
  readonly #ownProcessor = processorReader()
  readonly #call = checkCall()
  #capacity = 1

  private constructor(threads: readonly CheckThread[]) {
    this.#threads = threads
  }

  static async start(): Promise<ProcessorCheck> {
    const processors = allowedProcessors().slice(0, 2)
    const threads = processors.length < 2 ? [] : processors.map((processor) => CheckThread.start(processor))
    return new ProcessorCheck(await Promise.all(threads))
  }

  /** How many times the calls of one processor two made together when they were last asked: 2 where nobody is in the way. */
  get capacity(): number {
    return this.#capacity
  }

  isFair(): boolean {
    const own = this.#ownProcessor()
    const other = this.#threads.find(({ processor }) => processor !== own)
    // To wait for a second one would be in vain.
    if (other === undefined) return true
    const alone = this.#time()
    other.begin()
    const beside = this.#time()
    other.end()
    this.#capacity = (2 * alone) / beside
    return this.#capacity >= FAIR_CAPACITY
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

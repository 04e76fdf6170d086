import { ClaimsBoard } from './claims-board.ts'
import { ExecutionError } from './execution-error.ts'
import type { Log } from './log.ts'
import type { BundleResult, ReplayCommand, ReplayJob, ReplayReport, ReplayThreadData } from './protocol.ts'
import { WorkerThread } from './worker-thread.ts'

export interface ReplayPoolOptions {
  readonly entry: URL
  readonly workers: number
  /** Processors to pin to, in turn; `undefined` leaves that to the operating system. */
  readonly processors: readonly number[] | undefined
  readonly thread: Omit<ReplayThreadData, 'worker' | 'processor'>
  readonly memoryMegabytes: number
}

/** A running replay thread. */
export interface WorkerInfo {
  readonly index: number
  /** Processor it is pinned to; `undefined` where it is not. */
  readonly core: number | undefined
  /** The kernel's id of the thread, as under /proc/self/task; Node's own where there is no /proc. */
  readonly threadId: number
}

/** What the owner of a job gives the pool. */
export interface ReplayOrder {
  readonly job: Omit<ReplayJob, 'id' | 'board'>
  readonly timeoutMs: number
  /**
   * Sees each result as it comes, with the worker it is from (`size` for a rescue), and the same one again when a worker died in between; `false` ends the job with what
   * there is.
   */
  accept(result: BundleResult, worker: number): boolean
  /** Does a bundle elsewhere that killed every worker that tried. */
  rescue(job: ReplayJob, bundle: number): Promise<readonly BundleResult[]>
}

interface Slot {
  readonly index: number
  thread: WorkerThread<ReplayCommand, ReplayReport> | undefined
  info: WorkerInfo | undefined
  /** Tells whoever waits that the thread is ready, or died before it was. */
  settled: PromiseWithResolvers<void>
  /** Deaths without a bundle in hand since it last did one: then the fault is not a bundle's. */
  deaths: number
}

interface RunningJob {
  readonly order: ReplayOrder
  readonly job: ReplayJob
  readonly board: ClaimsBoard
  readonly done: Set<number>
  readonly deaths: Map<number, number>
  readonly finish: (error?: Error) => void
}

/** Deaths of workers at the same bundle, or of the same worker before it did any: chance makes one, a bug all three. */
const MAX_DEATHS = 3

/**
 * Worker threads, each pinned to a processor, that share out the bundles of one job at a time among themselves. A
 * worker that dies is replaced and what it had taken is done again, so a death changes when a job ends and not how.
 */
export class ReplayPool {
  readonly #options: ReplayPoolOptions
  readonly #log: Log
  readonly #slots: Slot[]
  /** Threads on their way out. */
  readonly #stopping = new Set<Promise<void>>()
  #running: RunningJob | undefined
  #previous: Promise<unknown> = Promise.resolve()
  #nextJob = 1
  #isClosed = false
  #saidUnpinned = false

  constructor(options: ReplayPoolOptions, { log }: { readonly log: Log }) {
    this.#options = options
    this.#log = log
    this.#slots = Array.from({ length: options.workers }, (_, index) => {
      return { index, thread: undefined, info: undefined, settled: Promise.withResolvers(), deaths: 0 }
    })
  }

  get size(): number {
    return this.#slots.length
  }

  /** The workers that are ready. */
  workers(): WorkerInfo[] {
    return this.#slots.flatMap((slot) => slot.info ?? [])
  }

  /** Starts the workers that do not run yet, as a job does too. Resolves when each is ready or has failed. */
  async start(): Promise<void> {
    if (this.#isClosed) return
    for (const slot of this.#slots) if (slot.thread === undefined) this.#startWorker(slot).hold()
    await Promise.all(this.#slots.map((slot) => slot.settled.promise))
    if (this.#running === undefined) for (const slot of this.#slots) slot.thread?.release()
  }

  /**
   * Does all bundles of a job, or as many as are accepted; jobs wait for one another. Throws `ExecutionError`:
   * `timeout`, `worker-failed`, `closed`; and whatever `accept` and `rescue` throw.
   */
  replay(order: ReplayOrder): Promise<void> {
    const result = this.#previous.then(() => this.#replay(order))
    this.#previous = result.catch(() => undefined)
    return result
  }

  /** Ends the present job with `closed`, and all threads. Resolves when they are gone. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#running?.finish(closedError())
    for (const slot of this.#slots) this.#stop(slot)
    await Promise.all(this.#stopping)
  }

  async #replay(order: ReplayOrder): Promise<void> {
    if (this.#isClosed) throw closedError()
    if (order.job.bundles.length === 0) return
    const memory = ClaimsBoard.memoryFor(order.job.bundles.length)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#running = {
      order,
      job: { ...order.job, id: this.#nextJob++, board: memory },
      board: new ClaimsBoard(memory),
      done: new Set(),
      deaths: new Map(),
      finish: (error) => (error === undefined ? resolve() : reject(error)),
    }
    const timer = setTimeout(() => this.#onTimeout(order.timeoutMs), order.timeoutMs)
    try {
      for (const slot of this.#slots) this.#engage(slot, this.#running)
      await promise
    } finally {
      clearTimeout(timer)
      this.#running.board.cancel()
      this.#running = undefined
      for (const slot of this.#slots) {
        slot.deaths = 0
        slot.thread?.send({ kind: 'end' })
        slot.thread?.release()
      }
    }
  }

  #engage(slot: Slot, running: RunningJob): void {
    const thread = slot.thread ?? this.#startWorker(slot)
    thread.hold()
    thread.send({ kind: 'job', job: running.job })
  }

  #startWorker(slot: Slot): WorkerThread<ReplayCommand, ReplayReport> {
    const { entry, processors, thread, memoryMegabytes } = this.#options
    const data: ReplayThreadData = {
      ...thread,
      worker: slot.index,
      processor: processors?.[slot.index % processors.length],
    }
    slot.settled = Promise.withResolvers()
    slot.thread = new WorkerThread<ReplayCommand, ReplayReport>(
      { entry, name: `replay ${slot.index}`, data, memoryMegabytes },
      { message: (report) => this.#onReport(slot, report), death: (cause) => this.#onDeath(slot, cause) },
    )
    return slot.thread
  }

  #stop(slot: Slot): void {
    const stopping = slot.thread?.stop().finally(() => this.#stopping.delete(stopping!))
    if (stopping !== undefined) this.#stopping.add(stopping)
    this.#forget(slot)
  }

  #forget(slot: Slot): void {
    slot.settled.resolve()
    slot.thread = undefined
    slot.info = undefined
  }

  #onReport(slot: Slot, report: ReplayReport): void {
    if (report.kind === 'ready') {
      this.#onReady(slot, report)
    } else {
      slot.deaths = 0
      if (report.job === this.#running?.job.id) this.#onResult(this.#running, report.result, slot.index)
    }
  }

  #onReady(slot: Slot, { core, reason, threadId }: Extract<ReplayReport, { kind: 'ready' }>): void {
    slot.info = { index: slot.index, core, threadId }
    slot.settled.resolve()
    if (core !== undefined) {
      this.#log.info({ worker: slot.index, core, threadId }, `replay worker ${slot.index} is pinned to core ${core}`)
    } else if (reason !== undefined && !this.#saidUnpinned) {
      this.#saidUnpinned = true
      this.#log.warn({ reason }, `replay workers are not pinned to cores: ${reason}`)
    }
  }

  #onResult(running: RunningJob, result: BundleResult, worker: number): void {
    if (running.done.has(result.bundle)) return
    if (result.isComplete) running.done.add(result.bundle)
    try {
      if (!running.order.accept(result, worker) || running.done.size === running.job.bundles.length) running.finish()
    } catch (error) {
      running.finish(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #onDeath(slot: Slot, cause: Error): void {
    const running = this.#running
    this.#forget(slot)
    this.#log.warn({ worker: slot.index, err: cause }, `replay worker ${slot.index} died: ${cause.message}`)
    if (running === undefined) return
    const lost = running.board.takenBy(slot.index).filter((bundle) => !running.done.has(bundle))
    if (lost.length === 0) slot.deaths++
    for (const bundle of lost) this.#redo(running, bundle)
    if (slot.deaths < MAX_DEATHS) this.#engage(slot, running)
    else if (this.#slots.every((each) => each.thread === undefined)) {
      running.finish(new ExecutionError('worker-failed', 'no replay worker stays alive', {}, { cause }))
    }
  }

  /** Gives a dead worker's bundle to the others, or to the rescue when it keeps killing them. */
  #redo(running: RunningJob, bundle: number): void {
    const deaths = (running.deaths.get(bundle) ?? 0) + 1
    running.deaths.set(bundle, deaths)
    if (deaths < MAX_DEATHS) {
      running.board.free(bundle)
      for (const slot of this.#slots) slot.thread?.send({ kind: 'again' })
      return
    }
    this.#log.error({ bundle, deaths }, 'a piece of a block keeps killing its worker; it is run in the serial one')
    running.order.rescue(running.job, bundle).then((results) => {
      for (const result of results) this.#onResult(running, result, this.size)
    }, running.finish)
  }

  #onTimeout(timeoutMs: number): void {
    const running = this.#running
    if (running === undefined) return
    for (const slot of this.#slots) {
      if (running.board.takenBy(slot.index).every((bundle) => running.done.has(bundle))) continue
      this.#stop(slot)
    }
    running.finish(new ExecutionError('timeout', `the replay took longer than ${timeoutMs} ms`, { timeoutMs }))
  }
}

function closedError(): ExecutionError {
  return new ExecutionError('closed', 'the execution service is closed')
}

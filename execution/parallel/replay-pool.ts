import { ClaimsBoard } from './claims-board.ts'
import { ExecutionError } from './execution-error.ts'
import type { Log } from './log.ts'
import type { BundleResult, ReplayCommand, ReplayJob, ReplayReport, ReplayThreadData } from './protocol.ts'
import { WorkerThread, type WorkerThreadOptions } from './worker-thread.ts'

export interface ReplayPoolOptions {
  readonly entry: URL
  readonly workers: number
  /** Processors to pin to, in turn; `undefined` leaves that to the operating system. */
  readonly processors: readonly number[] | undefined
  readonly thread: Omit<ReplayThreadData, 'worker' | 'processor'>
  readonly memoryMegabytes: number
  readonly connect?: WorkerThreadOptions['connect']
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
  readonly job: Pick<ReplayJob, 'input' | 'marks'>
  readonly bundles: number
  /** At most so many workers take part. */
  readonly workers: number
  readonly timeoutMs: number
  /**
   * Sees each result as it comes, with the worker it is from (`size` for a rescue), and the same one again when a worker
   * died in between; `false` ends the job with what there is.
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
  /** Updates of subtries that it has not answered yet, by their number. */
  readonly updates: Map<number, PromiseWithResolvers<Uint8Array>>
}

interface RunningJob {
  readonly order: ReplayOrder
  /** Those that take part. */
  readonly slots: readonly Slot[]
  readonly job: ReplayJob
  readonly board: ClaimsBoard
  readonly done: Set<number>
  readonly deaths: Map<number, number>
  readonly rescued: Set<number>
  /** Nobody wants results any more. */
  isOver: boolean
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
  /** Jobs given and not over. */
  #unfinished = 0
  #nextJob = 1
  #nextUpdate = 1
  #isClosed = false
  #saidUnpinned = false

  constructor(options: ReplayPoolOptions, { log }: { readonly log: Log }) {
    this.#options = options
    this.#log = log
    this.#slots = Array.from({ length: options.workers }, (_, index) => {
      return {
        index,
        thread: undefined,
        info: undefined,
        settled: Promise.withResolvers(),
        deaths: 0,
        updates: new Map(),
      }
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
    const start = (): Promise<void> => this.#replay(order)
    // At once where it can be: the caller goes on to keep this thread busy.
    const result = this.#unfinished === 0 ? start() : this.#previous.then(start)
    this.#unfinished++
    this.#previous = result.then(
      () => this.#unfinished--,
      () => this.#unfinished--,
    )
    return result
  }

  /**
   * Has a worker do what `updateSubtries` does, after what it has in hand. Throws `ExecutionError` `worker-failed` where there is no
   * such worker now, or it does not come to an answer.
   */
  async updateSubtries(worker: number, task: Uint8Array): Promise<Uint8Array> {
    const slot = this.#slots[worker]
    if (slot?.thread === undefined || slot.info === undefined)
      throw new ExecutionError('worker-failed', 'no such worker')
    const id = this.#nextUpdate++
    const update = Promise.withResolvers<Uint8Array>()
    slot.updates.set(id, update)
    slot.thread.hold()
    slot.thread.send({ kind: 'subtries', id, task })
    try {
      return await update.promise
    } finally {
      if (this.#running === undefined) slot.thread?.release()
    }
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
    if (order.bundles === 0) return
    const memory = ClaimsBoard.memoryFor(order.bundles)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#running = {
      order,
      slots: this.#slots.slice(0, order.workers),
      job: { ...order.job, id: this.#nextJob++, board: memory },
      board: new ClaimsBoard(memory),
      done: new Set(),
      deaths: new Map(),
      rescued: new Set(),
      isOver: false,
      finish: (error) => (error === undefined ? resolve() : reject(error)),
    }
    const timer = setTimeout(() => this.#onTimeout(order.timeoutMs), order.timeoutMs)
    try {
      for (const slot of this.#running.slots) this.#engage(slot, this.#running)
      await promise
    } finally {
      clearTimeout(timer)
      const { board, slots } = this.#running
      board.cancel()
      this.#running = undefined
      for (const slot of slots) {
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
    const { entry, processors, thread, memoryMegabytes, connect } = this.#options
    const data: ReplayThreadData = {
      ...thread,
      worker: slot.index,
      processor: processors?.[slot.index % processors.length],
    }
    slot.settled = Promise.withResolvers()
    slot.thread = new WorkerThread<ReplayCommand, ReplayReport>(
      { entry, name: `replay ${slot.index}`, data, memoryMegabytes, connect },
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
    for (const { reject } of slot.updates.values()) reject(new ExecutionError('worker-failed', 'the worker is gone'))
    slot.updates.clear()
    slot.settled.resolve()
    slot.thread = undefined
    slot.info = undefined
  }

  #onReport(slot: Slot, report: ReplayReport): void {
    if (report.kind === 'ready') {
      this.#onReady(slot, report)
    } else if (report.kind === 'subtries') {
      const update = slot.updates.get(report.id)
      slot.updates.delete(report.id)
      if (report.result !== undefined) update?.resolve(report.result)
      else update?.reject(new ExecutionError('worker-failed', 'the worker could not update its part of the trie'))
    } else {
      slot.deaths = 0
      const running = this.#running
      if (report.job !== running?.job.id) return
      for (const result of report.results) this.#onResult(running, result, slot.index)
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
    if (running.isOver || running.done.has(result.bundle)) return
    if (result.isComplete) running.done.add(result.bundle)
    try {
      if (running.order.accept(result, worker) && running.done.size < running.order.bundles) return
      running.isOver = true
      running.finish()
    } catch (error) {
      running.isOver = true
      running.finish(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #onDeath(slot: Slot, cause: Error): void {
    const running = this.#running
    this.#forget(slot)
    this.#log.warn({ worker: slot.index, err: cause }, `replay worker ${slot.index} died: ${cause.message}`)
    if (running === undefined || !running.slots.includes(slot)) return
    const lost = running.board.takenBy(slot.index).filter((bundle) => !running.done.has(bundle))
    const unfinished = lost.filter((bundle) => !running.board.isFinished(bundle))
    if (unfinished.length === 0) slot.deaths++
    for (const bundle of unfinished) this.#countDeath(running, bundle)
    // One whose result was only not sent yet has killed nobody.
    for (const bundle of lost) if (!running.rescued.has(bundle)) running.board.free(bundle)
    for (const each of running.slots) each.thread?.send({ kind: 'again' })
    if (slot.deaths < MAX_DEATHS) this.#engage(slot, running)
    else if (running.slots.every((each) => each.thread === undefined)) {
      running.finish(new ExecutionError('worker-failed', 'no replay worker stays alive', {}, { cause }))
    }
  }

  /** A bundle that keeps killing workers goes to the rescue. */
  #countDeath(running: RunningJob, bundle: number): void {
    const deaths = (running.deaths.get(bundle) ?? 0) + 1
    running.deaths.set(bundle, deaths)
    if (deaths < MAX_DEATHS) return
    running.rescued.add(bundle)
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

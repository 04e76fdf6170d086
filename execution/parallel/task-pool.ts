import { fromPlainError, toPlainError } from './plain-error.ts'
import type { TaskHandlers, TaskReply, TaskRequest } from './task-server.ts'
import { WorkerThread, type WorkerThreadOptions } from './worker-thread.ts'

export interface TaskPoolOptions {
  readonly thread: WorkerThreadOptions
  /** At most so many threads, started when there is work for them. */
  readonly threads: number
  /** At most so many tasks wait for a thread. */
  readonly queued: number
  /** How often a task is given to a thread before the death of threads counts as its failure. */
  readonly attempts: number
}

/** The errors of a pool's owner. */
export interface TaskPoolErrors {
  busy(): Error
  timeout(timeoutMs: number): Error
  died(cause: Error): Error
  closed(): Error
  /** Nobody waits for the task any more. For tasks that come with a signal; absent: the signal's reason. */
  abandoned?(): Error
}

export interface TaskPoolModules {
  /** What the threads read is written when it resolves; `undefined` where it is already. Absent: always. */
  readonly flushed?: (() => Promise<void> | undefined) | undefined
}

interface Task {
  readonly id: number
  readonly name: string
  readonly argument: unknown
  readonly timeoutMs: number
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
  attempts: number
}

interface Slot {
  readonly thread: WorkerThread<TaskRequest, TaskReply>
  isReady: boolean
  task: Task | undefined
  timer: NodeJS.Timeout | undefined
}

/**
 * Threads that answer tasks, one at a time each. A thread that takes too long is stopped; a thread that dies has its
 * task done again by another, a bounded number of times. Idle threads do not keep the process alive.
 */
export class TaskPool<Tasks extends TaskHandlers<Tasks>> {
  readonly #options: TaskPoolOptions
  readonly #errors: TaskPoolErrors
  readonly #flushed: NonNullable<TaskPoolModules['flushed']>
  readonly #slots = new Set<Slot>()
  readonly #queue: Task[] = []
  /** Threads on their way out. */
  readonly #stopping = new Set<Promise<void>>()
  #nextId = 0
  #isClosed = false

  constructor(options: TaskPoolOptions, errors: TaskPoolErrors, { flushed = () => undefined }: TaskPoolModules = {}) {
    this.#flushed = flushed
    this.#options = options
    this.#errors = errors
  }

  /**
   * Does a task. The time limit counts from when a thread takes it up, not while it waits. One that waits is given up when the signal
   * says that nobody wants it; one that a thread has is done to its end.
   */
  async run<Name extends keyof Tasks & string>(
    name: Name,
    argument: Parameters<Tasks[Name]>[0],
    timeoutMs: number,
    gone?: AbortSignal,
  ): Promise<Awaited<ReturnType<Tasks[Name]>>> {
    const flushed = this.#flushed()
    if (flushed !== undefined) await flushed
    if (this.#isClosed) throw this.#errors.closed()
    if (gone?.aborted) throw this.#abandoned(gone)
    if (this.#queue.length >= this.#options.queued && this.#idleSlot() === undefined) throw this.#errors.busy()
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const task: Task = { id: this.#nextId++, name, argument, timeoutMs, resolve, reject, attempts: 0 }
    const giveUp = (): void => {
      const place = this.#queue.indexOf(task)
      if (place < 0) return
      this.#queue.splice(place, 1)
      reject(this.#abandoned(gone!))
    }
    gone?.addEventListener('abort', giveUp)
    this.#queue.push(task)
    this.#dispatch()
    try {
      return (await promise) as Awaited<ReturnType<Tasks[Name]>>
    } finally {
      gone?.removeEventListener('abort', giveUp)
    }
  }

  /** Starts a thread, if there is none yet: the first task need not wait for it. */
  prepare(): void {
    if (!this.#isClosed && this.#slots.size === 0) this.#startSlot()
  }

  #abandoned(gone: AbortSignal): Error {
    return this.#errors.abandoned?.() ?? (gone.reason as Error)
  }

  /** Fails all tasks and ends all threads. Resolves when they are gone. */
  async close(): Promise<void> {
    this.#isClosed = true
    const slots = [...this.#slots]
    this.#slots.clear()
    for (const task of [...slots.flatMap((slot) => slot.task ?? []), ...this.#queue.splice(0)]) {
      task.reject(this.#errors.closed())
    }
    for (const slot of slots) this.#stop(slot)
    await Promise.all(this.#stopping)
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const slot = this.#idleSlot() ?? this.#startSlot()
      if (slot === undefined) return
      slot.task = this.#queue.shift()
      slot.thread.hold()
      if (slot.isReady) this.#send(slot)
    }
  }

  #idleSlot(): Slot | undefined {
    return [...this.#slots].find((slot) => slot.task === undefined)
  }

  #startSlot(): Slot | undefined {
    if (this.#slots.size >= this.#options.threads) return undefined
    const slot: Slot = {
      thread: new WorkerThread(this.#options.thread, {
        message: (reply) => this.#onReply(slot, reply),
        death: (cause) => this.#onDeath(slot, cause),
      }),
      isReady: false,
      task: undefined,
      timer: undefined,
    }
    this.#slots.add(slot)
    return slot
  }

  #send(slot: Slot): void {
    const { task } = slot
    if (task === undefined) return
    task.attempts++
    slot.timer = setTimeout(() => this.#onTimer(slot, task), task.timeoutMs)
    try {
      slot.thread.send({ kind: 'task', id: task.id, name: task.name, argument: task.argument })
    } catch (error) {
      // Not plain data: the caller's bug, and no reason to lose the thread.
      this.#onReply(slot, { kind: 'error', id: task.id, error: toPlainError(error) })
    }
  }

  #onReply(slot: Slot, reply: TaskReply): void {
    if (reply.kind === 'ready') {
      slot.isReady = true
      this.#send(slot)
      return
    }
    const { task } = slot
    if (task?.id !== reply.id) return
    clearTimeout(slot.timer)
    slot.task = undefined
    slot.thread.release()
    if (reply.kind === 'result') task.resolve(reply.result)
    else task.reject(fromPlainError(reply.error))
    this.#dispatch()
  }

  #onDeath(slot: Slot, cause: Error): void {
    clearTimeout(slot.timer)
    this.#slots.delete(slot)
    const { task } = slot
    // A thread that dies before it is ready has not seen the task, but the task must not wait for ever either.
    if (!slot.isReady && task !== undefined) task.attempts++
    if (task !== undefined && task.attempts < this.#options.attempts) this.#queue.unshift(task)
    else task?.reject(this.#errors.died(cause))
    this.#dispatch()
  }

  /** A reply that is here but was not read yet, because this thread was busy itself, is in time. */
  #onTimer(slot: Slot, task: Task): void {
    setImmediate(() => {
      if (slot.task === task && this.#slots.has(slot)) this.#onTimeout(slot, task)
    })
  }

  #onTimeout(slot: Slot, task: Task): void {
    this.#slots.delete(slot)
    task.reject(this.#errors.timeout(task.timeoutMs))
    this.#stop(slot)
    this.#dispatch()
  }

  #stop(slot: Slot): void {
    clearTimeout(slot.timer)
    const stopping = slot.thread.stop().finally(() => this.#stopping.delete(stopping))
    this.#stopping.add(stopping)
  }
}

import { type MessagePort, Worker } from 'node:worker_threads'
import type { BaseConnection } from '../../storage/fork/base-port.ts'
import type { ConnectionData } from './connection-data.ts'
import { type StopData, type StopMessage, StopSignal } from './stop-signal.ts'

export interface WorkerThreadOptions {
  /** The module that runs in the thread. Its first message says that it is up, and it ends itself on `StopMessage`. */
  readonly entry: URL
  /** Shown by debuggers and in the thread's name. */
  readonly name: string
  /** `workerData` of the thread: plain data. */
  readonly data: object
  /** Makes a port to somebody else that the thread has as long as it lives: see `ConnectionData`. */
  readonly connect?: (() => MessagePort) | undefined
  /** The same to what a forked chain begins upon. */
  readonly connectBase?: (() => BaseConnection) | undefined
  /** Bound of its JavaScript heap. */
  readonly memoryMegabytes: number
  /** Of its native stack. Default Node's. */
  readonly stackMegabytes?: number | undefined
  /** How long a thread that is to end may go on with what it does. Default 3 s: see `stop`. */
  readonly stopGraceMs?: number | undefined
}

export interface WorkerThreadEvents<Received> {
  message(message: Received): void
  /** The thread ended without being asked to; it sends nothing any more. */
  death(cause: Error): void
}

/** A thread that is up looks at its messages this often or more, but in the middle of a long transaction. */
const STOP_GRACE_MS = 3_000
/** Loading the modules takes 0.3 s on an idle machine. */
const START_GRACE_MS = 20_000

/**
 * The owner's end of a worker thread: typed messages, and exactly one `death` however it dies. It does not keep the
 * process alive unless held.
 */
export class WorkerThread<Sent, Received> {
  readonly #worker: Worker
  readonly #stopGraceMs: number
  readonly #stopSignal = new StopSignal()
  readonly #exit = Promise.withResolvers<void>()
  #isUp = false
  #isStopped = false

  constructor(options: WorkerThreadOptions, events: WorkerThreadEvents<Received>) {
    const port = options.connect?.()
    const base = options.connectBase?.()
    const workerData: StopData & ConnectionData = { ...options.data, stopSignal: this.#stopSignal.memory, port, base }
    this.#stopGraceMs = options.stopGraceMs ?? STOP_GRACE_MS
    this.#worker = new Worker(options.entry, {
      name: options.name,
      workerData,
      transferList: [port, base?.port].filter((each) => each !== undefined),
      resourceLimits: {
        maxOldGenerationSizeMb: options.memoryMegabytes,
        ...(options.stackMegabytes !== undefined && { stackSizeMb: options.stackMegabytes }),
      },
    })
    let cause: unknown
    this.#worker.on('message', (message: Received) => {
      this.#isUp = true
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
      this.#exit.resolve()
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

  /**
   * Ends the thread; no event follows. Resolves when it is gone. The thread is asked first: `terminate` in the middle of
   * native code brings down the whole process (seen with Node 24 while addons load, and in secp256k1's), so it is kept
   * for a thread that does not listen.
   */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#stopSignal.set()
    this.#worker.ref()
    const message: StopMessage = { kind: 'stop' }
    this.#worker.postMessage(message)
    const timer = setTimeout(() => void this.#worker.terminate(), this.#isUp ? this.#stopGraceMs : START_GRACE_MS)
    await this.#exit.promise
    clearTimeout(timer)
  }
}

import type { MessagePort } from 'node:worker_threads'
import type { ChainConfig } from '../../config/chain.ts'
import type { Database } from '../../storage/database.ts'
import type { BaseConnection } from '../../storage/fork/base-port.ts'
import type { NodeReader } from '../../storage/trie/node-reader.ts'
import { ParallelStateUpdate } from '../../storage/trie/parallel-update.ts'
import type { BlockBuilder, BlockExecutor, ExecutionStrategy } from '../block/executor.ts'
import type { CallService } from '../call.ts'
import { type CompilerOptions, DEFAULT_COMPILER_OPTIONS } from '../compiler/compiler-options.ts'
import { postponeCurves } from '../evm/precompiles/curve-loading.ts'
import { type KnownSenders, SenderCache } from '../sender-cache.ts'
import type { TraceService } from '../tracing/trace-request.ts'
import { allowedProcessors } from './affinity.ts'
import type { CallTasks } from './call-tasks.ts'
import { ExecutionError } from './execution-error.ts'
import type { InlineWork, InlineWorkSource } from './inline-work.ts'
import type { Log } from './log.ts'
import type { CallThreadData, ThreadData } from './protocol.ts'
import { ReplayExecutor } from './replay-executor.ts'
import { ReplayPool, type WorkerInfo } from './replay-pool.ts'
import { SerialExecutor } from './serial-executor.ts'
import type { SerialTasks } from './serial-tasks.ts'
import { SharedCompiler, type SharedCompilerCounts } from './shared-compiler.ts'
import { TaskPool, type TaskPoolErrors } from './task-pool.ts'
import { threadBoardFor } from './thread-lanes.ts'
import { ThreadState } from './thread-state.ts'
import { callErrors, ThreadedCalls } from './threaded-calls.ts'
import { VerifyingExecutor } from './verifying-executor.ts'

export interface ExecutionServiceOptions {
  /** Open in this process already. */
  readonly databaseDirectory: string
  /** Memory of the `StateCache` of the one who has it open, so that all threads share it. */
  readonly stateCache?: SharedArrayBuffer | undefined
  readonly chain: ChainConfig
  /** Replay threads; 0: one for each processor that the process may run on. */
  readonly workers: number
  /** Pin each replay thread to a processor, where the platform can. */
  readonly pin: boolean
  /**
   * Microseconds of a block's work that make one more replay thread worth while; 0: all take part in every block, and no block is so
   * small that it is executed serially.
   */
  readonly leastShareUs?: number | undefined
  readonly callTimeoutMs: number
  /** Most gas of a call. */
  readonly callGasLimit: bigint
  /** Milliseconds for which a call or the making of a block may keep this thread, before another does it. Default 0: not at all. */
  readonly inlineMs?: number | undefined
  /** Calls that run at the same time. Default 2: a slow one leaves room for another. */
  readonly callThreads?: number | undefined
  /** Calls that may wait for a thread. Default 256. */
  readonly callQueue?: number | undefined
  /** Bound of the JavaScript heap of each thread. Default 1024. */
  readonly memoryMegabytes?: number | undefined
  /** How hot code is compiled, for all threads. */
  readonly compiler?: CompilerOptions | undefined
}

const DEFAULT_CALL_THREADS = 2
const DEFAULT_CALL_QUEUE = 256
const DEFAULT_MEMORY_MEGABYTES = 1024

/** Chance kills a thread once; a task that kills three is to blame itself. */
const SERIAL_ATTEMPTS = 3

/** Blocks and drafts that wait for the serial thread: there are only a chain and a miner to ask for them. */
const SERIAL_QUEUE = 64

const serialErrors: TaskPoolErrors = {
  busy: () => new ExecutionError('busy', 'too many blocks wait for the serial thread'),
  timeout: (timeoutMs) => new ExecutionError('timeout', `a block took longer than ${timeoutMs} ms`, { timeoutMs }),
  died: (cause) => new ExecutionError('worker-failed', `the serial thread died: ${cause.message}`, {}, { cause }),
  closed: () => new ExecutionError('closed', 'the execution service is closed'),
}

export interface ExecutionServiceModules {
  readonly log: Log
  /** Connects a thread with what a forked chain begins upon; absent where this can be none. */
  readonly connectBase?: (() => BaseConnection) | undefined
  /** This thread's own; absent: it opens one if it needs one, as the others do. */
  readonly database?: Database | undefined
  /** Senders found before; nobody adds to them here. */
  readonly senders?: KnownSenders | undefined
  /** Another service's, which closes it; absent: its own. */
  readonly compiler?: SharedCompiler | undefined
}

/** All threads that execute something: they start when first needed, and end with `close`. */
export class ExecutionService {
  readonly builder: BlockBuilder
  readonly calls: CallService & TraceService
  readonly #options: ExecutionServiceOptions
  readonly #senders: KnownSenders
  readonly #database: Database | undefined
  readonly #pool: ReplayPool
  readonly #serialThread: TaskPool<SerialTasks>
  readonly #callThreads: TaskPool<CallTasks>
  readonly #serial: SerialExecutor
  /** A thread has one, whichever service it works for. */
  readonly compiler: SharedCompiler
  readonly #hasOwnCompiler: boolean
  #state: Promise<ThreadState> | undefined
  #inline: Promise<InlineWork> | undefined

  constructor(
    options: ExecutionServiceOptions,
    { log, connectBase, database, senders = new SenderCache(), compiler: given }: ExecutionServiceModules,
  ) {
    this.#senders = senders
    this.#database = database
    this.#options = options
    const {
      databaseDirectory,
      stateCache,
      chain,
      callGasLimit,
      callTimeoutMs,
      memoryMegabytes = DEFAULT_MEMORY_MEGABYTES,
      compiler = DEFAULT_COMPILER_OPTIONS,
    } = options
    const processors = allowedProcessors()
    const workers = options.workers === 0 ? processors.length : options.workers
    const threadBoard = chain.pavm.threads === undefined ? undefined : threadBoardFor(workers)
    const thread: ThreadData = { databaseDirectory, stateCache, chain, compiler, threadBoard }
    const callThread: CallThreadData = { ...thread, callGasLimit, callTimeoutMs }
    this.#hasOwnCompiler = given === undefined
    this.compiler = given ?? new SharedCompiler(compiler)
    const connect = (): MessagePort => this.compiler.connect()
    const flushed = () => this.#flushed()
    this.#pool = new ReplayPool(
      {
        entry: new URL('./replay-worker.ts', import.meta.url),
        workers,
        processors: options.pin ? processors : undefined,
        thread,
        memoryMegabytes,
        connect,
      },
      { log },
    )
    this.#serialThread = new TaskPool<SerialTasks>(
      {
        thread: {
          entry: new URL('./serial-worker.ts', import.meta.url),
          name: 'serial',
          data: thread,
          memoryMegabytes,
          connect,
          connectBase,
        },
        threads: 1,
        queued: SERIAL_QUEUE,
        attempts: SERIAL_ATTEMPTS,
      },
      serialErrors,
      { flushed },
    )
    this.#callThreads = new TaskPool<CallTasks>(
      {
        thread: {
          entry: new URL('./call-worker.ts', import.meta.url),
          name: 'call',
          data: callThread,
          memoryMegabytes,
          connect,
          connectBase,
        },
        threads: options.callThreads ?? DEFAULT_CALL_THREADS,
        queued: options.callQueue ?? DEFAULT_CALL_QUEUE,
        attempts: 1,
      },
      callErrors,
      { flushed },
    )
    const inline: InlineWorkSource = () => this.#inlineWork()
    this.#serial = new SerialExecutor({ thread: this.#serialThread, senders, inline })
    this.builder = this.#serial
    this.calls = new ThreadedCalls({ timeoutMs: options.callTimeoutMs }, { threads: this.#callThreads, inline })
  }

  /** Starts the replay threads, so that the first block need not wait for them. */
  async start(): Promise<void> {
    if (this.#options.chain.pavm.plan) await this.#pool.start()
  }

  /** Starts a thread for calls, so that the first one that needs it does not have to wait. */
  prepareCalls(): void {
    this.#callThreads.prepare()
  }

  /**
   * An executor of that strategy; on a chain without plans always the serial one, for there is nothing to replay by.
   * Small blocks are executed serially. With `verifySerial` every block is executed serially too, and it throws when the
   * results differ.
   */
  executor(strategy: ExecutionStrategy, { verifySerial = false } = {}): BlockExecutor {
    if (strategy === 'serial' || !this.#options.chain.pavm.plan) return this.#serial
    const { leastShareUs } = this.#options
    const executor = new ReplayExecutor(
      { strategy, leastShareUs },
      {
        pool: this.#pool,
        serial: this.#serialThread,
        smallBlocks: verifySerial || leastShareUs === 0 ? undefined : this.#serial,
        state: () => this.#stateForAll(),
        senders: this.#senders,
      },
    )
    return verifySerial ? new VerifyingExecutor({ executor, serial: this.#serial }) : executor
  }

  /** Updates of the state trie, whose nodes these are, with the help of replay threads that are ready. */
  stateUpdate(nodes: NodeReader): ParallelStateUpdate {
    const { size } = this.#pool
    // One alone would only keep this thread waiting.
    const workers = size === 1 ? 0 : size
    const run = async (worker: number, task: Uint8Array) => {
      await this.#flushed()
      return await this.#pool.updateSubtries(worker, task)
    }
    return new ParallelStateUpdate({ workers }, { nodes, run })
  }

  /** The replay threads that are ready. */
  workers(): WorkerInfo[] {
    return this.#pool.workers()
  }

  /** What became of hot code. */
  compilerCounts(): SharedCompilerCounts {
    return this.compiler.counts()
  }

  /** Ends all threads, whatever they are doing. To be called before the database is closed. */
  async close(): Promise<void> {
    await Promise.all([this.#pool.close(), this.#serialThread.close(), this.#callThreads.close()])
    if (this.#hasOwnCompiler) await this.compiler.close()
    if (this.#database === undefined) await (await this.#state)?.close()
  }

  /** What other threads wait for: they read what is written. */
  #flushed(): Promise<void> | undefined {
    return this.#database?.flushed()
  }

  async #stateForAll(): Promise<ThreadState> {
    await this.#flushed()
    return await this.#openState()
  }

  async #inlineWork(): Promise<InlineWork | undefined> {
    // Who reads what a forked chain begins upon sleeps until it is there.
    if (!this.#options.inlineMs || this.#database?.isForked) return undefined
    this.#inline ??= this.#openInlineWork(this.#options.inlineMs)
    return await this.#inline
  }

  async #openInlineWork(limitMs: number): Promise<InlineWork> {
    const { callGasLimit, compiler = DEFAULT_COMPILER_OPTIONS } = this.#options
    // This thread does what is short, and should be there for it soon.
    postponeCurves()
    const [thread, { InlineWork, useCompiler }] = await Promise.all([this.#openState(), import('./inline-work.ts')])
    useCompiler(compiler, this.compiler.connect())
    return new InlineWork({ limitMs, callGasLimit }, { thread })
  }

  #openState(): Promise<ThreadState> {
    this.#state ??= this.#database
      ? Promise.resolve(new ThreadState(this.#options, { database: this.#database }))
      : ThreadState.open(this.#options)
    return this.#state
  }
}

import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { BUSY, type CompileAnswer, type CompileRequest, EXECUTED, refusal } from '../compiler/compile-protocol.ts'
import { COMPILE_STACK_MEGABYTES, type CompilerOptions } from '../compiler/compiler-options.ts'
import { ExecutionError } from './execution-error.ts'
import { TaskPool, type TaskPoolErrors } from './task-pool.ts'

export interface CompileTasks {
  compile(request: CompileRequest): CompileAnswer
}

/** Since the process began. */
export interface SharedCompilerCounts {
  /** Modules made. */
  compiled: number
  /** Requests answered by a module that was made before. */
  reused: number
  /** Codes that cannot be compiled or are not worth it. */
  givenUp: number
  /** Of these, those that took too long or killed the thread. */
  stopped: number
  /** Requests that found the queue full. */
  busy: number
  /** Modules that had to go for lack of memory. */
  evicted: number
  /** Of modules that are kept now, and what is known of their codes. */
  bytes: number
  /** That compiling took. */
  milliseconds: number
  /** Codes that are being compiled now or wait for it. */
  waiting: number
}

/** Who asked, and for what. */
interface Asker {
  readonly port: MessagePort
  readonly request: CompileRequest
}

/** What the code has been compiled with. */
type Profile = Pick<CompileRequest, 'executed' | 'wide'>

/** What is known of a code. */
interface Known extends Pick<CompileAnswer, 'module' | 'reason'>, Profile {
  readonly bytes: number
  /** It is not compiled again: what there is has to do. */
  readonly isFinal: boolean
}

const MEBIBYTE = 1_024 * 1_024
/** Codes that something is known of; 100 bytes each where it is only that they cannot be compiled. */
const MAX_CODES = 16_384

const compilerErrors: TaskPoolErrors = {
  busy: () => new ExecutionError('busy', 'too many codes wait to be compiled'),
  timeout: (timeoutMs) => new ExecutionError('timeout', `the compiler took longer than ${timeoutMs} ms`, { timeoutMs }),
  died: (cause) => new ExecutionError('worker-failed', `the compile thread died: ${cause.message}`, {}, { cause }),
  closed: () => new ExecutionError('closed', 'the execution service is closed'),
}

/**
 * The compiler of a process: one thread that compiles, for all that execute, and the modules that it has made. What one
 * thread has found out about a code, which blocks run and which words are wide, all profit from: a module that covers more than
 * was asked for serves as well, and a new one covers also what the last one did.
 */
export class SharedCompiler {
  readonly #options: CompilerOptions
  readonly #threads: TaskPool<CompileTasks>
  /** By rules and code, the least recently used first. */
  readonly #known = new Map<string, Known>()
  /** Those who wait for a code, the one first whose request is being done. */
  readonly #pending = new Map<string, Asker[]>()
  readonly #ports = new Set<MessagePort>()
  readonly #counts = {
    compiled: 0,
    reused: 0,
    givenUp: 0,
    stopped: 0,
    busy: 0,
    evicted: 0,
    bytes: 0,
    milliseconds: 0,
  }

  constructor(options: CompilerOptions) {
    this.#options = options
    this.#threads = new TaskPool<CompileTasks>(
      {
        thread: {
          entry: new URL('./compiler-worker.ts', import.meta.url),
          name: 'compiler',
          data: options,
          memoryMegabytes: options.heapMegabytes,
          stackMegabytes: COMPILE_STACK_MEGABYTES,
          // It holds nothing that must be closed, and runs no native code of ours.
          stopGraceMs: 100,
        },
        threads: 1,
        queued: options.queue,
        // Whoever kills the thread is not compiled.
        attempts: 1,
      },
      compilerErrors,
    )
  }

  counts(): SharedCompilerCounts {
    return { ...this.#counts, waiting: this.#pending.size }
  }

  /** A port for one thread: `CompileRequest` to it, `CompileAnswer` from it. */
  connect(): MessagePort {
    const { port1, port2 } = new MessageChannel()
    port1.on('message', (request: CompileRequest) => this.#onRequest({ port: port1, request }))
    port1.on('close', () => this.#ports.delete(port1))
    port1.unref()
    this.#ports.add(port1)
    return port2
  }

  async close(): Promise<void> {
    for (const port of this.#ports) port.close()
    await this.#threads.close()
  }

  #onRequest(asker: Asker): void {
    const key = keyOf(asker.request)
    const known = this.#known.get(key)
    if (known !== undefined && (known.isFinal || covers(known, asker.request))) {
      if (known.module !== undefined) this.#counts.reused++
      this.#answer(asker, key, known)
      return
    }
    const pending = this.#pending.get(key)
    if (pending === undefined) void this.#compile(key, asker)
    else pending.push(asker)
  }

  async #compile(key: string, first: Asker): Promise<void> {
    const askers = [first]
    this.#pending.set(key, askers)
    const request = { ...first.request, ...union(first.request, this.#known.get(key)) }
    let answer: CompileAnswer
    try {
      answer = await this.#threads.run('compile', request, this.#options.timeoutMs)
    } catch (error) {
      if (!(error instanceof ExecutionError)) throw error
      if (error.code === 'busy') {
        this.#pending.delete(key)
        for (const each of askers) this.#refuse(each)
        return
      }
      if (error.code === 'closed') return
      this.#counts.stopped++
      const milliseconds = error.code === 'timeout' ? this.#options.timeoutMs : 0
      answer = { ...refusal(key, error.message), milliseconds }
    }
    this.#pending.delete(key)
    this.#counts.milliseconds += answer.milliseconds
    const known = this.#learn(key, request, answer)
    this.#answer(first, key, known)
    // Some have met what the first had not.
    for (const each of askers.slice(1)) this.#onRequest(each)
  }

  #refuse({ port, request }: Asker): void {
    this.#counts.busy++
    port.postMessage(refusal(request.id, BUSY))
  }

  #answer({ port, request }: Asker, key: string, { module, reason, bytes }: Known): void {
    this.#touch(key)
    const answer: CompileAnswer = { id: request.id, module, bytes, milliseconds: 0, reason }
    port.postMessage(answer)
  }

  #touch(key: string): void {
    const known = this.#known.get(key)
    if (known === undefined) return
    this.#known.delete(key)
    this.#known.set(key, known)
  }

  /** A code that fails once has failed for good, whatever else of it may run: the module before it, if any, stays. */
  #learn(key: string, { executed, wide }: CompileRequest, { module, bytes, reason }: CompileAnswer): Known {
    const before = this.#known.get(key)
    let known: Known
    if (module === undefined) {
      this.#counts.givenUp++
      const nothing = { module, reason, bytes: 0, executed: undefined, wide: [] }
      known = { ...(before ?? nothing), isFinal: true }
    } else {
      this.#counts.compiled++
      known = { module, reason, bytes, executed, wide, isFinal: false }
    }
    this.#counts.bytes += sizeOf(known) - (before === undefined ? 0 : sizeOf(before))
    this.#known.delete(key)
    this.#known.set(key, known)
    this.#evict(known)
    return known
  }

  /** Until everything fits, but not the newest, which is the last. That a code is not to be compiled takes no room. */
  #evict(newest: Known): void {
    for (const [key, known] of this.#known) {
      const isFull = this.#counts.bytes > this.#options.cacheMegabytes * MEBIBYTE
      const isCrowded = this.#known.size > MAX_CODES
      if ((!isFull && !isCrowded) || known === newest) return
      if (known.module === undefined && !isCrowded) continue
      this.#known.delete(key)
      this.#counts.bytes -= sizeOf(known)
      this.#counts.evicted++
    }
  }
}

/** Bytes of what is kept: the module, and what it covers. */
function sizeOf({ bytes, executed }: Known): number {
  return bytes + (executed?.length ?? 0)
}

function keyOf({ hardfork, blobSchedule, codeHash }: CompileRequest): string {
  const { target = 0, max = 0, baseFeeUpdateFraction = 0 } = blobSchedule ?? {}
  return `${hardfork} ${target} ${max} ${baseFeeUpdateFraction} ${codeHash}`
}

/** Whether a module for one profile does for the other. */
function covers(known: Profile, { executed, wide }: Profile): boolean {
  return wide.every((word) => known.wide.includes(word)) && hasRunAll(known.executed, executed)
}

/** `undefined`: all blocks are taken to have run. */
function hasRunAll(known: Uint8Array | undefined, executed: Uint8Array | undefined): boolean {
  if (known === undefined) return true
  return executed?.every((flags, position) => (flags & EXECUTED & ~(known[position] ?? 0)) === 0) === true
}

function union({ executed, wide }: Profile, known: Profile | undefined): Profile {
  if (known === undefined) return { executed, wide }
  const isAll = executed === undefined || known.executed === undefined
  return {
    executed: isAll ? undefined : executed.map((flags, position) => flags | (known.executed![position] ?? 0)),
    wide: [...new Set([...wide, ...known.wide])],
  }
}

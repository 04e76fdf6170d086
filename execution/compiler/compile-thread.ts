import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import { received } from './compile-port.ts'
import { BUSY, type CompileAnswer, type CompileRequest, refusal } from './compile-protocol.ts'
import type { CompileWorkerData } from './compile-worker.ts'
import { COMPILE_STACK_MEGABYTES, type CompilerOptions } from './compiler-options.ts'
import type { CompileService } from './hot-code.ts'

/**
 * Compiles in a thread of its own, so that neither the analysis nor V8's compiler holds up execution: for a thread that
 * executes with no service around it. It may be busy for as long as it likes, all is done when it polls.
 */
export class CompileThread implements CompileService {
  readonly #options: CompilerOptions
  #worker: Worker | undefined
  #port: MessagePort | undefined
  readonly #waiting = new Map<string, number>()

  constructor(options: CompilerOptions) {
    this.#options = options
  }

  request(request: CompileRequest): CompileAnswer | undefined {
    if (this.#waiting.size >= this.#options.queue) return refusal(request.id, BUSY)
    this.#waiting.set(request.id, performance.now())
    this.#open().postMessage(request)
    return undefined
  }

  poll(): CompileAnswer[] {
    const answers = this.#port === undefined ? [] : received(this.#port)
    for (const { id } of answers) this.#waiting.delete(id)
    const [first] = this.#waiting
    if (
      first !== undefined &&
      answers.length === 0 &&
      performance.now() - first[1] > this.#options.timeoutMs * this.#waiting.size
    ) {
      answers.push(...this.#giveUp())
    }
    return answers
  }

  #open(): MessagePort {
    if (this.#port !== undefined) return this.#port
    const { maxModuleBytes, heapMegabytes } = this.#options
    const { port1, port2 } = new MessageChannel()
    const workerData: CompileWorkerData = { port: port2, maxModuleBytes }
    this.#worker = new Worker(new URL('./compile-worker.ts', import.meta.url), {
      name: 'compiler',
      workerData,
      transferList: [port2],
      resourceLimits: { maxOldGenerationSizeMb: heapMegabytes, stackSizeMb: COMPILE_STACK_MEGABYTES },
    })
    // A thread that dies answers nothing any more: `poll` gives up what it had.
    this.#worker.on('error', () => {})
    this.#worker.unref()
    port1.unref()
    this.#port = port1
    return port1
  }

  /** The thread hangs or is dead: what it had is never compiled, the next request starts another. */
  #giveUp(): CompileAnswer[] {
    const answers = [...this.#waiting.keys()].map((id) => refusal(id, 'the compiler took too long'))
    this.#waiting.clear()
    this.#worker?.terminate()
    this.#port?.close()
    this.#worker = undefined
    this.#port = undefined
    return answers
  }
}

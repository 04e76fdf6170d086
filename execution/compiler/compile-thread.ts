import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import type { CompileAnswer, CompileRequest } from './compile-code.ts'
import { BUSY, type CompileService } from './hot-code.ts'

/** Requests that wait for the thread: those beyond it are answered `busy`, and may be made again. */
const MAX_WAITING = 32
/** Enough for the analysis of the largest code, and too little for one that does not end. */
const HEAP_MEGABYTES = 512
const STACK_MEGABYTES = 16
const MAX_MILLISECONDS = 2_000

/** Compiles in a thread of its own, so that neither the analysis nor V8's compiler holds up execution. */
export class CompileThread implements CompileService {
  #worker: Worker | undefined
  #port: MessagePort | undefined
  readonly #waiting = new Map<string, number>()

  request(request: CompileRequest): CompileAnswer | undefined {
    if (this.#waiting.size >= MAX_WAITING) return refusal(request.id, BUSY)
    this.#waiting.set(request.id, performance.now())
    this.#open().postMessage(request)
    return undefined
  }

  poll(): CompileAnswer[] {
    const answers: CompileAnswer[] = []
    while (this.#port !== undefined) {
      const received = receiveMessageOnPort(this.#port) as { readonly message: CompileAnswer } | undefined
      if (received === undefined) break
      this.#waiting.delete(received.message.id)
      answers.push(received.message)
    }
    const [first] = this.#waiting
    if (
      first !== undefined &&
      answers.length === 0 &&
      performance.now() - first[1] > MAX_MILLISECONDS * this.#waiting.size
    ) {
      answers.push(...this.#giveUp())
    }
    return answers
  }

  #open(): MessagePort {
    if (this.#port !== undefined) return this.#port
    const { port1, port2 } = new MessageChannel()
    this.#worker = new Worker(new URL('./compile-worker.ts', import.meta.url), {
      name: 'compiler',
      workerData: { port: port2 },
      transferList: [port2],
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MEGABYTES, stackSizeMb: STACK_MEGABYTES },
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

function refusal(id: string, reason: string): CompileAnswer {
  return { id, module: undefined, bytes: 0, milliseconds: 0, reason }
}

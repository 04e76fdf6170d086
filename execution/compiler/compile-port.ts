import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import type { CompileAnswer, CompileRequest } from './compile-protocol.ts'
import type { CompileService } from './hot-code.ts'

/** Asks whoever has the other end of a port: a `SharedCompiler`. */
export class CompilePort implements CompileService {
  readonly #port: MessagePort

  constructor(port: MessagePort) {
    this.#port = port
  }

  request(request: CompileRequest): undefined {
    this.#port.postMessage(request)
  }

  /** Without a turn of the event loop, which a thread that executes a block does not have. */
  poll(): CompileAnswer[] {
    return received(this.#port)
  }
}

/** The answers that have come and that nobody has looked at. */
export function received(port: MessagePort): CompileAnswer[] {
  const answers: CompileAnswer[] = []
  for (;;) {
    const next = receiveMessageOnPort(port) as { readonly message: CompileAnswer } | undefined
    if (next === undefined) return answers
    answers.push(next.message)
  }
}

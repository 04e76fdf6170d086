import type { TraceWork } from '../execution/tracing/trace-request.ts'
import { JsonStream } from './json-stream.ts'
import type { Caller } from './method.ts'
import type { RpcModules } from './modules.ts'
import type { RpcOptions } from './options.ts'

/** Settings of methods that execute again what blocks have executed. */
export type TracingOptions = Pick<RpcOptions, 'chainId' | 'callGasLimit' | 'traceTimeoutMs' | 'maxTraceTimeoutMs'>

export type TracingModules = Pick<RpcModules, 'blocks' | 'chain' | 'calls'>

/** Starts traces for clients, each bounded in time. */
export class Traces {
  readonly #options: TracingOptions
  readonly #calls: RpcModules['calls']

  constructor(options: TracingOptions, { calls }: Pick<RpcModules, 'calls'>) {
    this.#options = options
    this.#calls = calls
  }

  /** As an answer that is made while it is sent, and cancelled when the client goes. */
  stream(work: TraceWork, caller: Caller, timeoutMs?: number): JsonStream {
    return new JsonStream(this.#trace(work, caller, timeoutMs))
  }

  /** The whole, which is small. Rejects as the trace does. */
  async value(work: TraceWork, caller: Caller): Promise<unknown> {
    const pieces = await Array.fromAsync(this.#trace(work, caller))
    return JSON.parse(Buffer.concat(pieces).toString())
  }

  #trace(work: TraceWork, { gone }: Caller, asked = this.#options.traceTimeoutMs): AsyncIterable<Uint8Array> {
    const timeoutMs = Math.min(asked, this.#options.maxTraceTimeoutMs)
    return this.#calls.trace({ work, timeoutMs }, gone)
  }
}

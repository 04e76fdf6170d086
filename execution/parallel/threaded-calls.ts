import type { CallContext, CallRequest, CallService, SimulationRequest, StoredTransaction, Waiter } from '../call.ts'
import { CallError } from '../call-error.ts'
import type { TraceRequest, TraceService } from '../tracing/trace-request.ts'
import type { CallTaskRequest, CallTasks } from './call-tasks.ts'
import type { InlineCall, InlineWorkSource } from './inline-work.ts'
import type { TaskPool, TaskPoolErrors } from './task-pool.ts'
import { MAX_WAIT_MS, TextChannel } from './text-channel.ts'

export const callErrors: TaskPoolErrors = {
  busy: () => new CallError('busy', 'too many calls are waiting'),
  timeout: (timeoutMs) => new CallError('timeout', `the call took longer than ${timeoutMs} ms`, { timeoutMs }),
  died: (cause) => new CallError('worker-failed', `the thread of the call died: ${cause.message}`),
  closed: () => new CallError('closed', 'the node is shutting down'),
  abandoned: () => new CallError('cancelled', 'nobody waits for the call any more'),
}

/** By how much a call may miss its deadline, which it watches itself, before its thread is stopped. */
const DEADLINE_SLACK_MS = 3_000

/** Calls in threads of their own, each bounded in time; those that may be short are begun in this thread, where that may be. */
export class ThreadedCalls implements CallService, TraceService {
  readonly #timeoutMs: number
  readonly #threads: Pick<TaskPool<CallTasks>, 'run'>
  readonly #inline: InlineWorkSource

  constructor(
    options: { readonly timeoutMs: number },
    modules: { readonly threads: Pick<TaskPool<CallTasks>, 'run'>; readonly inline: InlineWorkSource },
  ) {
    this.#timeoutMs = options.timeoutMs + DEADLINE_SLACK_MS
    this.#threads = modules.threads
    this.#inline = modules.inline
  }

  call(request: CallRequest, context: CallContext, waiter?: Waiter) {
    return this.#begin('call', { request, context }, waiter)
  }

  estimateGas(request: CallRequest, context: CallContext, waiter?: Waiter) {
    return this.#begin('estimateGas', { request, context }, waiter)
  }

  createAccessList(request: CallRequest, context: CallContext, waiter?: Waiter) {
    return this.#begin('createAccessList', { request, context }, waiter)
  }

  simulate(request: SimulationRequest, context: CallContext, waiter?: Waiter) {
    return this.#threads.run('simulate', { request, context }, this.#timeoutMs, waiter?.gone)
  }

  threads(transaction: StoredTransaction) {
    return this.#threads.run('threads', transaction, this.#timeoutMs)
  }

  record(transaction: StoredTransaction) {
    return this.#threads.run('record', transaction, this.#timeoutMs)
  }

  async *trace(request: TraceRequest, gone?: AbortSignal) {
    if (gone?.aborted) throw new CallError('cancelled', 'nobody waits for the trace any more')
    const channel = new TextChannel()
    const cancel = () => channel.cancel()
    gone?.addEventListener('abort', cancel)
    try {
      const timeoutMs = request.timeoutMs + MAX_WAIT_MS + DEADLINE_SLACK_MS
      yield* channel.read(this.#threads.run('trace', { ...request, channel: channel.memory }, timeoutMs))
    } finally {
      gone?.removeEventListener('abort', cancel)
    }
  }

  async #begin<Name extends InlineCall>(
    name: Name,
    task: CallTaskRequest,
    waiter?: Waiter,
  ): Promise<Awaited<ReturnType<CallTasks[Name]>>> {
    const inline = await this.#inline()
    return inline?.call(name, task) ?? (await this.#threads.run(name, task, this.#timeoutMs, waiter?.gone))
  }
}

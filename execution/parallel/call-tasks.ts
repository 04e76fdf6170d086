import type { CallContext, CallRequest, CallService, SimulationRequest, StoredTransaction } from '../call.ts'
import type { TraceRequest } from '../tracing/trace-request.ts'

type Answer<Method extends keyof CallService> = Awaited<ReturnType<CallService[Method]>>

export interface CallTaskRequest {
  readonly request: CallRequest
  readonly context: CallContext
}

export interface SimulationTaskRequest {
  readonly request: SimulationRequest
  readonly context: CallContext
}

export interface TraceTaskRequest extends TraceRequest {
  /** Memory of the `TextChannel` on which the trace is written. */
  readonly channel: SharedArrayBuffer
}

/** What a call thread does. */
export interface CallTasks {
  call(task: CallTaskRequest): Answer<'call'>
  estimateGas(task: CallTaskRequest): Answer<'estimateGas'>
  createAccessList(task: CallTaskRequest): Answer<'createAccessList'>
  simulate(task: SimulationTaskRequest): Answer<'simulate'>
  threads(transaction: StoredTransaction): Answer<'threads'>
  record(transaction: StoredTransaction): Answer<'record'>
  trace(task: TraceTaskRequest): void
}

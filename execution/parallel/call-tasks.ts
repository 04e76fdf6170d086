import type { CallContext, CallRequest, CallService, StoredTransaction } from '../call.ts'

type Answer<Method extends keyof CallService> = Awaited<ReturnType<CallService[Method]>>

export interface CallTaskRequest {
  readonly request: CallRequest
  readonly context: CallContext
}

/** What a call thread does. */
export interface CallTasks {
  call(task: CallTaskRequest): Answer<'call'>
  estimateGas(task: CallTaskRequest): Answer<'estimateGas'>
  createAccessList(task: CallTaskRequest): Answer<'createAccessList'>
  threads(transaction: StoredTransaction): Answer<'threads'>
  record(transaction: StoredTransaction): Answer<'record'>
}

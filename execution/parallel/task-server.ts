import { parentPort } from 'node:worker_threads'
import { endThread } from './end-thread.ts'
import { type PlainError, toPlainError } from './plain-error.ts'
import type { StopMessage } from './stop-signal.ts'

/** What a thread does on request: one function by name, from plain data to plain data or a promise of it. */
export type TaskHandlers<Tasks> = { readonly [Name in keyof Tasks]: (argument: never) => unknown }

export interface TaskRequest {
  readonly kind: 'task'
  readonly id: number
  readonly name: string
  readonly argument: unknown
}

export type TaskReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'result'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: PlainError }

/** Answers the tasks that the owner of this thread sends, one at a time, until it is told to stop. Then `close` comes last. */
export function serveTasks<Tasks extends TaskHandlers<Tasks>>(handlers: Tasks, close: () => Promise<void>): void {
  const port = parentPort
  if (port === null) throw new Error('tasks are served in a worker thread only')
  const reply = (message: TaskReply) => port.postMessage(message)
  const answer = async ({ id, name, argument }: TaskRequest): Promise<void> => {
    try {
      const handler: (argument: never) => unknown = handlers[name as keyof Tasks]
      reply({ kind: 'result', id, result: await handler(argument as never) })
    } catch (error) {
      reply({ kind: 'error', id, error: toPlainError(error) })
    }
  }
  port.on('message', (message: TaskRequest | StopMessage) => {
    if (message.kind === 'stop') {
      void endThread(close)
      return
    }
    void answer(message)
  })
  reply({ kind: 'ready' })
}

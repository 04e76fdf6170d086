import { type MessagePort, workerData } from 'node:worker_threads'
import { CompilePort } from '../compiler/compile-port.ts'
import { setCompiler } from '../compiler/execute.ts'
import { processorReader } from './affinity.ts'
import type { ThreadData } from './protocol.ts'
import { useHelpers } from './thread-sharing.ts'

/** What a thread's data has in addition. */
export interface ConnectionData {
  /** To the compiler of the process. */
  readonly port: MessagePort | undefined
}

/**
 * From now on the calling thread has its code compiled by the compiler that it was connected with, and, if it has a lane of the board of
 * threads, the sub-threads of what it executes run by others too.
 */
export function useConnections({ lane }: { readonly lane?: number | undefined } = {}): void {
  const { compiler, port, threadBoard } = workerData as ThreadData & ConnectionData
  if (port !== undefined) setCompiler(compiler, new CompilePort(port))
  if (lane !== undefined && threadBoard !== undefined) useHelpers(threadBoard, lane, processorReader())
}

import { type MessagePort, workerData } from 'node:worker_threads'
import { CompilePort } from '../compiler/compile-port.ts'
import { setCompiler } from '../compiler/execute.ts'
import type { ThreadData } from './protocol.ts'
import { useHelpers } from './thread-channel.ts'

/** What a thread's data has in addition. */
export interface ConnectionData {
  /** To the compiler of the process. */
  readonly port: MessagePort | undefined
}

/**
 * From now on the calling thread has its code compiled by the compiler that it was connected with, and, if it is to have helpers, the
 * sub-threads of what it executes run by others too.
 */
export function useConnections({ helpers }: { readonly helpers: boolean }): void {
  const { compiler, port, threadChannel } = workerData as ThreadData & ConnectionData
  if (port !== undefined) setCompiler(compiler, new CompilePort(port))
  if (helpers && threadChannel !== undefined) useHelpers(threadChannel)
}

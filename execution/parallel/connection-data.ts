import { type MessagePort, workerData } from 'node:worker_threads'
import { type BaseConnection, BasePort } from '../../storage/fork/base-port.ts'
import { CompilePort } from '../compiler/compile-port.ts'
import { setCompiler } from '../compiler/execute.ts'
import { processorReader } from './affinity.ts'
import type { ThreadData } from './protocol.ts'
import { StopSignal } from './stop-signal.ts'
import { useHelpers } from './thread-sharing.ts'

/** What a thread's data has in addition. */
export interface ConnectionData {
  /** To the compiler of the process. */
  readonly port: MessagePort | undefined
  /** To what a forked chain begins upon; absent where this can be no forked chain. */
  readonly base?: BaseConnection | undefined
}

/** What a forked chain begins upon, as the calling thread reads it. */
export function connectedBase(): BasePort | undefined {
  const { base } = workerData as ConnectionData
  if (base === undefined) return undefined
  const stopSignal = StopSignal.ofThread()
  return new BasePort(base, { isStopping: () => stopSignal.isSet })
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

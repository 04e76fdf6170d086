import { type MessagePort, workerData } from 'node:worker_threads'
import { compileCode } from './compile-code.ts'
import type { CompileRequest } from './compile-protocol.ts'

export interface CompileWorkerData {
  readonly port: MessagePort
  readonly maxModuleBytes: number
}

/** Entry of the compile thread of `CompileThread`: answers each request on the port that it was given. */
const { port, maxModuleBytes } = workerData as CompileWorkerData
port.on('message', (request: CompileRequest) => {
  port.postMessage(compileCode(request, maxModuleBytes))
})

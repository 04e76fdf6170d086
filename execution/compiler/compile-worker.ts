import { type MessagePort, workerData } from 'node:worker_threads'
import { type CompileRequest, compileCode } from './compile-code.ts'

export interface CompileWorkerData {
  readonly port: MessagePort
  readonly maxModuleBytes: number
}

/** Entry of the compile thread of `CompileThread`: answers each request on the port that it was given. */
const { port, maxModuleBytes } = workerData as CompileWorkerData
port.on('message', (request: CompileRequest) => {
  port.postMessage(compileCode(request, maxModuleBytes))
})

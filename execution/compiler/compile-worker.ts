import { type MessagePort, workerData } from 'node:worker_threads'
import { type CompileRequest, compileCode } from './compile-code.ts'

/** Entry of the compile thread: answers each request on the port that it was given. */
const { port } = workerData as { readonly port: MessagePort }
port.on('message', (request: CompileRequest) => {
  port.postMessage(compileCode(request))
})

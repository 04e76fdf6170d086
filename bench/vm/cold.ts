import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { ColdRequest } from './cold-run.ts'
import type { RunResult } from './engine.ts'

const ENTRY = join(import.meta.dirname, 'cold-run.ts')

/**
 * The first call in a fresh process. Not in a thread: V8 shares compiled WebAssembly among the threads of a process.
 * @throws Error when the process ends without a result
 */
export async function runCold(request: ColdRequest): Promise<RunResult> {
  const child = fork(ENTRY, { serialization: 'advanced', silent: true })
  const ended = once(child, 'close')
  let complaints = ''
  child.stderr!.on('data', (bytes) => {
    complaints += String(bytes)
  })
  let result: RunResult | undefined
  child.once('message', (message) => {
    result = message as RunResult
  })
  child.send(request)
  const [code] = await ended
  if (result === undefined)
    throw new Error(`${request.tier}: ${request.workload.name}: exit code ${code}\n${complaints}`)
  return result
}

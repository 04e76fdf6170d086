import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'

export interface ProgramOptions {
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
}

/** Runs a program to its end. @returns what it wrote on standard output @throws AssertionError with all that it wrote, if it fails */
export async function runProgram(command: string, args: readonly string[], options: ProgramOptions): Promise<string> {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let all = ''
  child.stdout.on('data', (bytes) => {
    stdout += String(bytes)
    all += String(bytes)
  })
  child.stderr.on('data', (bytes) => (all += String(bytes)))
  const [code] = await once(child, 'close')
  assert.equal(code, 0, `${[command, ...args].join(' ')}\n${all}`)
  return stdout
}

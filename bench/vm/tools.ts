import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** What a program wrote. */
export interface ToolOutput {
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program of the PATH to its end. @throws Error with what it wrote when it fails, or is not there */
export async function runTool(program: string, args: readonly string[], cwd?: string): Promise<ToolOutput> {
  return await execute(program, args, { cwd, maxBuffer: 2 ** 26 })
}

/** Whether a program of the PATH runs and says of itself what is expected. */
export async function isTool(program: string, args: readonly string[], expected: RegExp): Promise<boolean> {
  try {
    return expected.test((await runTool(program, args)).stdout)
  } catch {
    return false
  }
}

const MICROSECONDS: Readonly<Record<string, number>> = {
  h: 3.6e9,
  m: 6e7,
  s: 1e6,
  ms: 1e3,
  us: 1,
  ns: 1e-3,
  ps: 1e-6,
}

/** Microseconds of a duration as Go and Rust write it: `1m2.5s`, `3.25 ms`. @throws Error where it is none */
export function parseDuration(text: string): number {
  // Unicode has the sign for "micro" twice: as itself and as a Greek letter.
  const parts = [...text.replace(/[\u00b5\u03bc]/, 'u').matchAll(/([\d.]+) ?([a-z]+)/g)]
  const isComplete = parts.map(([part]) => part).join('').length === text.length
  const amounts = parts.map(([, number, unit]) => Number(number) * (MICROSECONDS[unit!] ?? Number.NaN))
  const sum = amounts.reduce((total, amount) => total + amount, 0)
  if (parts.length === 0 || !isComplete || Number.isNaN(sum)) throw new Error(`no duration: ${text}`)
  return sum
}

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { eventually } from './json-rpc.ts'

const MAIN = join(import.meta.dirname, '..', '..', 'node', 'main.ts')

/** How a command ended, and all that it wrote. */
export interface CommandResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The command line `pavm`, started as a user does. */
export class RunningCommand {
  readonly #child: ChildProcess
  readonly #ended: Promise<CommandResult>
  #stdout = ''
  #stderr = ''

  constructor(args: readonly string[]) {
    this.#child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child.stdout?.on('data', (bytes) => {
      this.#stdout += String(bytes)
    })
    this.#child.stderr?.on('data', (bytes) => {
      this.#stderr += String(bytes)
    })
    this.#ended = once(this.#child, 'close').then(([code]) => ({
      code: code as number | null,
      stdout: this.#stdout,
      stderr: this.#stderr,
    }))
  }

  get pid(): number {
    return this.#child.pid as number
  }

  get stdout(): string {
    return this.#stdout
  }

  /** Waits for what it writes on standard output. @throws Error with all that it wrote instead */
  async until(pattern: RegExp, limitMs = 60_000): Promise<void> {
    try {
      await eventually(`the output matches ${pattern}`, limitMs, async () => {
        if (pattern.test(this.#stdout)) return true
        if (this.#child.exitCode !== null) throw new Error(`it ended with exit code ${this.#child.exitCode}`)
        return undefined
      })
    } catch (error) {
      const lastLines = `${this.#stdout}${this.#stderr}`.split('\n').slice(-20).join('\n')
      throw new Error(`${(error as Error).message}\n${lastLines}`, { cause: error })
    }
  }

  /** `false` when it does not run any more. */
  signal(signal: NodeJS.Signals): boolean {
    return this.#child.kill(signal)
  }

  /** Reads nothing more that it writes: a broken pipe. */
  closeOutput(): void {
    this.#child.stdout?.destroy()
  }

  /** Resolves when it has ended and closed its output. */
  async ended(): Promise<CommandResult> {
    return await this.#ended
  }

  /** Ends it, whatever it does. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }
}

/** Runs a command to its end. */
export async function runCommand(...args: string[]): Promise<CommandResult> {
  return await new RunningCommand(args).ended()
}

interface ProcessRow {
  readonly pid: number
  readonly parent: number
}

/** Processes of this machine that have not ended. */
function livingProcesses(): ProcessRow[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' })
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , state]) => !state?.startsWith('Z'))
    .map(([pid, parent]) => ({ pid: Number(pid), parent: Number(parent) }))
}

/** Processes that this one has started. */
export function childrenOf(pid: number): number[] {
  return livingProcesses()
    .filter(({ parent, pid: child }) => parent === pid && child !== process.pid)
    .map((row) => row.pid)
}

/** Those of the processes that still run. */
export function survivors(pids: readonly number[]): number[] {
  const living = new Set(livingProcesses().map(({ pid }) => pid))
  return pids.filter((pid) => living.has(pid))
}

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { foundryProgram } from './foundry-program.ts'
import { type ProgramOptions, runProgram } from './run-program.ts'

const ROOT = join(import.meta.dirname, '..', '..')
export const FOUNDRY_PROJECT = join(ROOT, 'test', 'projects', 'foundry')

const PROGRAMS = (['forge', 'cast', 'anvil'] as const).map(foundryProgram)

/** Why Foundry is not there, or `false`. */
export const foundryMissing: string | false = PROGRAMS.every((program) => program !== undefined)
  ? false
  : `npm has put no Foundry here for ${process.platform} ${process.arch}`

/** Foundry with the project of this repository, against one node; what it writes goes into a directory of its own. */
export class Foundry {
  readonly directory = mkdtempSync(join(tmpdir(), 'pavm-foundry-'))
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  /** @returns what it wrote on standard output @throws AssertionError with all that it wrote, if it fails */
  run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
    return runProgram(command, args, this.#options(env))
  }

  /** Starts what does not end by itself. */
  start(command: string, args: readonly string[]): ChildProcess {
    return spawn(command, args, { ...this.#options({}), stdio: ['ignore', 'pipe', 'inherit'] })
  }

  #options(env: NodeJS.ProcessEnv): ProgramOptions {
    const folders = [...PROGRAMS, process.execPath].map((program) => dirname(program!))
    const path = [...folders, process.env.PATH].join(delimiter)
    const own = {
      HOME: this.directory,
      NO_COLOR: '1',
      FOUNDRY_OUT: join(this.directory, 'out'),
      FOUNDRY_CACHE_PATH: join(this.directory, 'cache'),
      FOUNDRY_BROADCAST: join(this.directory, 'broadcast'),
      ETH_RPC_URL: this.#url,
      PAVM_URL: this.#url,
    }
    return { cwd: FOUNDRY_PROJECT, env: { ...process.env, ...own, PATH: path, ...env } }
  }

  cast(...args: string[]): Promise<string> {
    return this.run('cast', args).then((text) => text.trim())
  }

  forge(...args: string[]): Promise<string> {
    return this.run('forge', args)
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true })
  }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { type ProgramOptions, runProgram } from './run-program.ts'

const ROOT = join(import.meta.dirname, '..', '..')
export const FOUNDRY_PROJECT = join(ROOT, 'test', 'projects', 'foundry')

const TOOLS = ['forge', 'cast', 'anvil'] as const
type Tool = (typeof TOOLS)[number]

/** Where npm has put a program of Foundry, which is native. */
function folderOf(tool: Tool): string {
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch
  return join(ROOT, 'node_modules', '@foundry-rs', `${tool}-${process.platform}-${architecture}`, 'bin')
}

/** Why Foundry is not there, or `false`. */
export const foundryMissing: string | false = TOOLS.every((tool) => existsSync(join(folderOf(tool), tool)))
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
    const path = [...TOOLS.map(folderOf), dirname(process.execPath), process.env.PATH].join(delimiter)
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

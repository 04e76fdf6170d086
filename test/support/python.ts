import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const ENVIRONMENT = join(import.meta.dirname, '..', '..', '.pavm', 'python')
/** There once the environment is complete. */
const READY = 'ready'

/** Why there can be no Python with packages of its own, or `false`. */
export const pythonMissing: string | false =
  spawnSync('python3', ['-m', 'venv', '--help']).status === 0 ? false : 'there is no python3 with venv on this machine'

/** @returns the path of a Python that has web3.py, which the first call installs @throws Error with what pip wrote */
export function pythonWithWeb3(): string {
  if (!existsSync(join(ENVIRONMENT, READY))) install()
  return join(ENVIRONMENT, 'bin', 'python')
}

/** Elsewhere, then in its place in one step: another process may be about the same. */
function install(): void {
  const made = `${ENVIRONMENT}-${process.pid}`
  try {
    run('python3', '-m', 'venv', made)
    run(join(made, 'bin', 'python'), '-m', 'pip', 'install', '--quiet', 'web3')
    writeFileSync(join(made, READY), '')
    if (existsSync(join(ENVIRONMENT, READY))) return
    mkdirSync(ENVIRONMENT, { recursive: true })
    rmSync(ENVIRONMENT, { recursive: true })
    renameSync(made, ENVIRONMENT)
  } finally {
    rmSync(made, { recursive: true, force: true })
  }
}

function run(command: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}\n${stderr}`)
}

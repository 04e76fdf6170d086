import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { prepareBundle } from '../../node/bundle/prepare-bundle.ts'
import { foundryProgram } from '../../test/support/foundry-program.ts'
import { freePortRange } from '../../test/support/free-ports.ts'
import { AnvilEngine } from '../vm/anvil.ts'

const ROOT = join(import.meta.dirname, '..', '..')
/** The command line of pavm, in its sources. */
export const MAIN = join(ROOT, 'node', 'main.ts')
/** The command `pavm`. */
const PAVM = join(ROOT, 'node', 'pavm.mjs')
const START_LIMIT_MS = 60_000
const POLL_MS = 5

/** A node for tests of contracts, that can be had as a process. */
export interface DevNodeKind {
  readonly name: string
  /** Whether it can be started on this machine. */
  isInstalled(): boolean
  /** Does what its first start leaves for the later ones. */
  prepare?(): Promise<void>
  /** The command that runs it on a port of this machine; files of its own go into `folder`. */
  command(port: number, folder: string): readonly string[]
  /** The same, where it has to be told that traces will be asked for. */
  readonly traced?: DevNodeKind
}

export interface StartedNode {
  readonly url: string
  /** Milliseconds from the start of the process to its first answer. */
  readonly startMs: number
  stop(): Promise<void>
}

export const PAVM_DEV: DevNodeKind = {
  name: 'pavm dev',
  isInstalled: () => true,
  prepare: () => prepareBundle(ROOT),
  command: (port) => [process.execPath, PAVM, 'dev', '--quiet', '--port', String(port)],
}

export const ANVIL: DevNodeKind = {
  name: 'anvil',
  isInstalled: AnvilEngine.isInstalled,
  command: anvil,
  traced: {
    name: 'anvil',
    isInstalled: AnvilEngine.isInstalled,
    command: (port, folder) => anvil(port, folder, '--steps-tracing'),
  },
}

export const HARDHAT: DevNodeKind = {
  name: 'Hardhat node',
  isInstalled: () => canLoad('@nomicfoundation/edr'),
  command(port, folder) {
    // A project: it looks for its configuration, and for itself beside it.
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n')
    writeFileSync(join(folder, 'hardhat.config.js'), 'export default {}\n')
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    const cli = join(folder, 'node_modules', 'hardhat', 'dist', 'src', 'cli.js')
    return [process.execPath, cli, 'node', '--hostname', '127.0.0.1', '--port', String(port)]
  },
}

/** States that anvil has written to disk stay where it is killed, gigabytes of them: in the folder they go with it. */
function anvil(port: number, folder: string, ...flags: readonly string[]): readonly string[] {
  return [foundryProgram('anvil')!, '--silent', '--port', String(port), '--cache-path', folder, ...flags]
}

/** Starts one in a folder of its own, and waits for its first answer. */
export async function startNode(kind: DevNodeKind): Promise<StartedNode> {
  const port = await freePortRange(1)
  const folder = mkdtempSync(join(tmpdir(), 'pavm-nodes-'))
  const [file, ...args] = kind.command(port, folder)
  const url = `http://127.0.0.1:${port}`
  const started = performance.now()
  const child = spawn(file!, args, { cwd: folder, stdio: 'ignore' })
  // For an end of this process that leaves no time to stop it.
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  const stop = async (): Promise<void> => {
    process.off('exit', kill)
    await end(child)
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await firstAnswer(url, child)
  } catch (error) {
    await stop()
    throw new Error(`${kind.name} did not start`, { cause: error })
  }
  return { url, startMs: performance.now() - started, stop }
}

async function firstAnswer(url: string, child: ChildProcess): Promise<void> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] })
  const deadline = performance.now() + START_LIMIT_MS
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`it ended with exit code ${child.exitCode}`)
    try {
      const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
      if (((await response.json()) as { result?: unknown }).result !== undefined) return
    } catch {
      await sleep(POLL_MS)
    }
  }
  throw new Error(`no answer within ${START_LIMIT_MS} ms`)
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await ended
  clearTimeout(timer)
}

const require = createRequire(import.meta.url)

function canLoad(name: string): boolean {
  try {
    return createRequire(require.resolve('hardhat'))(name) !== undefined
  } catch {
    return false
  }
}

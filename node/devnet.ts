import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type ChildMessage, isChildMessage } from './child-messages.ts'
import { CommandError, ERROR_PREFIX } from './command-error.ts'
import type { NodeFiles } from './network-files.ts'

const MAIN = join(dirname(fileURLToPath(import.meta.url)), 'main.ts')

/** A node that has not stopped by itself this long after it was asked to is killed. */
const STOP_LIMIT_MS = 4_000

/** A node may need this long to open its database, import its genesis and listen. */
const READY_LIMIT_MS = 60_000

export interface DevnetModules {
  /** Each line a node writes, JSON log or not, with the node's name. */
  readonly onLine: (node: string, line: string) => void
  /** A node that was up and ended without having been asked to. */
  readonly onCrash: (node: string, reason: string) => void
}

interface RunningNode {
  readonly files: NodeFiles
  readonly process: ChildProcess
  readonly ready: Promise<ChildMessage>
}

/** Several nodes on this machine, each a process of its own. The processes end with this one, however it ends. */
export class Devnet {
  readonly #files: readonly NodeFiles[]
  readonly #modules: DevnetModules
  readonly #running = new Map<string, RunningNode>()
  readonly #stopping = new Set<string>()

  constructor(options: { readonly nodes: readonly NodeFiles[] }, modules: DevnetModules) {
    this.#files = options.nodes
    this.#modules = modules
  }

  /** @returns what each node said when it was up, by name. @throws CommandError naming one that did not come up. */
  async start(): Promise<Map<string, ChildMessage>> {
    const started = this.#files.map((files) => this.#spawn(files))
    return new Map(await Promise.all(started.map(async ({ files, ready }) => [files.name, await ready] as const)))
  }

  /** Starts one node again that crashed or was killed. @throws CommandError when it does not come up */
  async restart(name: string): Promise<ChildMessage> {
    const files = this.#files.find((candidate) => candidate.name === name)
    if (files === undefined) throw new Error(`no node ${name}`)
    if (this.#running.has(name)) throw new Error(`node ${name} is running`)
    return await this.#spawn(files).ready
  }

  /** How many nodes are starting, running or stopping. */
  get size(): number {
    return this.#running.size
  }

  pid(name: string): number | undefined {
    return this.#running.get(name)?.process.pid
  }

  /** Ends one node without warning, as a power cut would. */
  async kill(name: string): Promise<void> {
    const node = this.#running.get(name)
    if (node === undefined) return
    this.#stopping.add(name)
    const exited = once(node.process, 'exit')
    node.process.kill('SIGKILL')
    await exited
  }

  /** Asks every node to stop and waits for it. @returns the names of those that had to be killed. */
  async stop(): Promise<string[]> {
    const killed: string[] = []
    await Promise.all(
      [...this.#running.values()].map(async ({ files, process }) => {
        this.#stopping.add(files.name)
        const exited = once(process, 'exit')
        process.kill('SIGTERM')
        const limit = setTimeout(() => {
          killed.push(files.name)
          process.kill('SIGKILL')
        }, STOP_LIMIT_MS)
        await exited
        clearTimeout(limit)
      }),
    )
    return killed
  }

  #spawn(files: NodeFiles): RunningNode {
    this.#stopping.delete(files.name)
    const child = spawn(process.execPath, [MAIN, 'node', '--config', files.configFile, '--log-format', 'json'], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // Ctrl-C reaches the whole foreground process group; the nodes are to hear of it from here, once.
      detached: true,
    })
    let errorLine = ''
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue
      createInterface({ input: stream }).on('line', (line) => {
        // A warning, or the first line of why it ends; behind that comes a stack at most.
        if (stream === child.stderr && !errorLine.startsWith(ERROR_PREFIX)) errorLine = line
        this.#modules.onLine(files.name, line)
      })
    }
    const ready = new Promise<ChildMessage>((resolve, reject) => {
      const fail = (reason: string): void => {
        const said = errorLine === '' ? '' : `: ${errorLine.replace(ERROR_PREFIX, '')}`
        reject(new CommandError('not-up', `${files.name} did not come up (${reason})${said}`, { node: files.name }))
      }
      let isReady = false
      const limit = setTimeout(() => fail(`silent for ${READY_LIMIT_MS} ms`), READY_LIMIT_MS)
      child.on('message', (message) => {
        if (!isChildMessage(message)) return
        clearTimeout(limit)
        isReady = true
        resolve(message)
      })
      let wasAskedTo = false
      child.on('exit', () => {
        this.#running.delete(files.name)
        wasAskedTo = this.#stopping.has(files.name)
      })
      // After `exit`, when the last words have been read.
      child.on('close', (code, signal) => {
        clearTimeout(limit)
        const reason = signal === null ? `exit code ${code}` : `signal ${signal}`
        if (!isReady) fail(reason)
        else if (!wasAskedTo) this.#modules.onCrash(files.name, reason)
      })
    })
    // It may fail while another one is awaited: `start` reports the first.
    ready.catch(() => undefined)
    const node: RunningNode = { files, process: child, ready }
    this.#running.set(files.name, node)
    return node
  }
}

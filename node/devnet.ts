import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type ChildMessage, isChildMessage } from './child-messages.ts'
import type { NodeFiles } from './network-files.ts'

const MAIN = join(dirname(fileURLToPath(import.meta.url)), 'main.ts')

/** A node that has not stopped by itself this long after it was asked to is killed. */
const STOP_LIMIT_MS = 4_000

/** A node may need this long to open its database, import its genesis and listen. */
const READY_LIMIT_MS = 60_000

export interface DevnetModules {
  /** Each line a node writes, JSON log or not, with the node's name. */
  readonly onLine: (node: string, line: string) => void
  /** A node that ended without having been asked to. */
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

  /** @returns what each node said when it was up, by name. @throws Error naming the node that did not come up. */
  async start(): Promise<Map<string, ChildMessage>> {
    const started = this.#files.map((files) => this.#spawn(files))
    const ready = new Map<string, ChildMessage>()
    for (const node of started) ready.set(node.files.name, await node.ready)
    return ready
  }

  /** Starts one node again that crashed or was killed. */
  async restart(name: string): Promise<ChildMessage> {
    const files = this.#files.find((candidate) => candidate.name === name)
    if (files === undefined) throw new Error(`no node ${name}`)
    if (this.#running.has(name)) throw new Error(`node ${name} is running`)
    return await this.#spawn(files).ready
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
    let lastErrorLine = ''
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue
      createInterface({ input: stream }).on('line', (line) => {
        if (stream === child.stderr && line.trim() !== '') lastErrorLine = line
        this.#modules.onLine(files.name, line)
      })
    }
    const ready = new Promise<ChildMessage>((resolve, reject) => {
      const limit = setTimeout(
        () => reject(new Error(`${files.name} was not up after ${READY_LIMIT_MS} ms`)),
        READY_LIMIT_MS,
      )
      child.on('message', (message) => {
        if (!isChildMessage(message)) return
        clearTimeout(limit)
        resolve(message)
      })
      child.on('exit', (code, signal) => {
        clearTimeout(limit)
        this.#running.delete(files.name)
        const reason = signal === null ? `exit code ${code}` : `signal ${signal}`
        reject(
          new Error(`${files.name} did not come up (${reason})${lastErrorLine === '' ? '' : `: ${lastErrorLine}`}`),
        )
        if (!this.#stopping.has(files.name)) this.#modules.onCrash(files.name, reason)
      })
    })
    // A node may crash after it was ready, or while another one is awaited: `start` and `onCrash` report it.
    ready.catch(() => undefined)
    const node: RunningNode = { files, process: child, ready }
    this.#running.set(files.name, node)
    return node
  }
}

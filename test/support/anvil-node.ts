import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { freePortRange } from './free-ports.ts'
import { eventually, rpc } from './json-rpc.ts'

const require = createRequire(import.meta.url)
/** How the package names this processor in the names of the packages that hold its binaries. */
const ARCHITECTURES: Partial<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }
const START_LIMIT_MS = 30_000

/** anvil, in a process of its own on a free port. */
export class AnvilNode {
  readonly url: string
  readonly #process: ChildProcess

  private constructor(url: string, child: ChildProcess) {
    this.url = url
    this.#process = child
  }

  /** `undefined` where there is none for this platform. */
  static async start(...flags: string[]): Promise<AnvilNode | undefined> {
    const binary = anvilBinary()
    if (binary === undefined) return undefined
    const port = await freePortRange(1)
    const child = spawn(binary, ['--host', '127.0.0.1', '--port', String(port), '--quiet', ...flags], {
      stdio: 'ignore',
    })
    const node = new AnvilNode(`http://127.0.0.1:${port}`, child)
    await eventually('anvil answers', START_LIMIT_MS, () => rpc(node.url, 'eth_chainId'))
    return node
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const ended = once(this.#process, 'exit')
    this.#process.kill('SIGTERM')
    await ended
  }
}

/** The program itself and not the script around it, so that the process started is the one to end. */
function anvilBinary(): string | undefined {
  try {
    return require.resolve(
      `@foundry-rs/anvil-${process.platform}-${ARCHITECTURES[process.arch] ?? process.arch}/bin/anvil`,
    )
  } catch {
    return undefined
  }
}

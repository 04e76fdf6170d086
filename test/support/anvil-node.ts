import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { foundryProgram } from './foundry-program.ts'
import { freePortRange } from './free-ports.ts'
import { eventually, rpc } from './json-rpc.ts'

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
    const program = foundryProgram('anvil')
    if (program === undefined) return undefined
    const port = await freePortRange(1)
    const child = spawn(program, ['--host', '127.0.0.1', '--port', String(port), '--quiet', ...flags], {
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

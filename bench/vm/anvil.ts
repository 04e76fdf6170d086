import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { bytesToHex, hexToBytes, quantityToHex, wordToHash } from '../../primitives/hex.ts'
import { foundryProgram } from '../../test/support/foundry-program.ts'
import { freePortRange } from '../../test/support/free-ports.ts'
import { eventually } from '../../test/support/json-rpc.ts'
import { CALLER, type Contract, type Engine, GAS, MOST_GAS, NOBODY, type RunResult, type Workload } from './engine.ts'

const START_LIMIT_MS = 30_000

/**
 * anvil, as a process of its own on a free port. A run is an `eth_call` minus the round trip of a call of nobody with the
 * same data, made just before it.
 */
export class AnvilEngine implements Engine {
  static readonly install = 'npm ci'
  readonly name = 'anvil'
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })
  #process: ChildProcess | undefined
  #port = 0
  /** For an end of this process that leaves no time to close. */
  readonly #stop = (): void => {
    this.#process?.kill('SIGKILL')
  }

  /** Whether there is one for this platform. */
  static isInstalled(): boolean {
    return foundryProgram('anvil') !== undefined
  }

  supports(): boolean {
    return true
  }

  async prepare(contracts: readonly Contract[]): Promise<void> {
    await this.#start()
    await this.#request('anvil_setBalance', CALLER, quantityToHex(10n ** 18n))
    for (const { address, code, storage } of contracts) {
      await this.#request('anvil_setCode', address, bytesToHex(code))
      for (const [slot, value] of storage) {
        await this.#request('anvil_setStorageAt', address, wordToHash(slot), wordToHash(value))
      }
    }
    // Seen by calls of the latest block.
    await this.#request('evm_mine')
  }

  async run({ contract, data, gas = GAS }: Workload): Promise<RunResult> {
    // Not timed: after a pause the first one is slower than the next.
    await this.#call(NOBODY, data, gas)
    const roundTrip = await this.#call(NOBODY, data, gas)
    const call = await this.#call(contract.address, data, gas)
    return { output: call.output, gasUsed: undefined, microseconds: call.microseconds - roundTrip.microseconds }
  }

  async close(): Promise<void> {
    this.#agent.destroy()
    process.off('exit', this.#stop)
    const child = this.#process
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  }

  async #start(): Promise<void> {
    this.#port = await freePortRange(1)
    const limits = ['--gas-limit', String(MOST_GAS), '--disable-code-size-limit', '--disable-console-log']
    const server = ['--host', '127.0.0.1', '--port', String(this.#port), '--accounts', '1', '--quiet']
    const child = spawn(foundryProgram('anvil')!, [...server, ...limits, '--hardfork', 'osaka'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.#process = child
    process.on('exit', this.#stop)
    let complaints = ''
    child.stderr.on('data', (bytes) => {
      complaints += String(bytes)
    })
    const failed = new Promise<never>((_, reject) => {
      child.once('error', reject)
      child.once('exit', (code) => reject(new Error(`anvil ended with exit code ${code}: ${complaints}`)))
    })
    // It ends at last, when nobody listens any more.
    failed.catch(() => {})
    await Promise.race([failed, eventually('anvil answers', START_LIMIT_MS, () => this.#request('eth_chainId'))])
  }

  async #call(to: string, data: Uint8Array, gas: bigint): Promise<{ output: Uint8Array; microseconds: number }> {
    const call = { from: CALLER, to, data: bytesToHex(data), gas: quantityToHex(gas) }
    const start = performance.now()
    const answer = await this.#request('eth_call', call, 'latest')
    const microseconds = (performance.now() - start) * 1_000
    return { output: hexToBytes(answer as string), microseconds }
  }

  /** Over one connection that stays open. */
  async #request(method: string, ...params: unknown[]): Promise<unknown> {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const text = await new Promise<string>((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.#port, method: 'POST', headers, agent: this.#agent }
      const sent = request(options, (response) => {
        let received = ''
        response.setEncoding('utf8')
        response.on('data', (part: string) => {
          received += part
        })
        response.once('end', () => resolve(received))
        response.once('error', reject)
      })
      sent.once('error', reject)
      sent.end(body)
    })
    const answer = JSON.parse(text) as { result?: unknown; error?: { message: string } }
    if (answer.error !== undefined) throw new Error(`anvil: ${method}: ${answer.error.message}`)
    return answer.result
  }
}

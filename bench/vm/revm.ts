import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bytesToHex, hexToBytes } from '../../primitives/hex.ts'
import { type Contract, type Engine, GAS, type RunResult, type Workload } from './engine.ts'
import { isTool, parseDuration, runTool } from './tools.ts'

/**
 * revm's command-line tool `revme`. It runs a transaction, with all that this costs beside the call, on a state that has
 * nothing but the contract's code.
 */
export class RevmEngine implements Engine {
  /** Not the newest: 43.0.3 holds a transaction to Osaka's 2^24 gas (EIP-7825), which most workloads need more than. */
  static readonly install = 'cargo install revme --version 10.0.2 --locked'
  readonly name = 'revm (revme)'
  readonly #folder = mkdtempSync(join(tmpdir(), 'pavm-bench-revm-'))

  /** One that takes calls as large as these. */
  static async isInstalled(): Promise<boolean> {
    return await isTool('revme', ['evm', '--gas-limit', String(GAS), '00'], /Success/)
  }

  supports({ contract }: Workload): boolean {
    return contract.storage.size === 0
  }

  prepare(contracts: readonly Contract[]): void {
    for (const { address, code } of contracts) writeFileSync(join(this.#folder, address), bytesToHex(code))
  }

  async run(workload: Workload): Promise<RunResult> {
    const text = await this.#evm(workload)
    const [, output] = /Call\(\s*(0x[0-9a-f]*)/.exec(text) ?? []
    const [, time] = /Elapsed: (\S+)/.exec(text) ?? []
    if (output === undefined || time === undefined) throw notUnderstood(workload, text)
    // The gas that it tells includes the transaction's own.
    return { output: hexToBytes(output), gasUsed: undefined, microseconds: parseDuration(time) }
  }

  async average(workload: Workload): Promise<number> {
    const text = await this.#evm(workload, '--bench')
    // Lower bound, estimate, upper bound.
    const [, time] = /time: +\[\S+ \S+ (\S+ \S+) /.exec(text) ?? []
    if (time === undefined) throw notUnderstood(workload, text)
    return parseDuration(time)
  }

  close(): void {
    rmSync(this.#folder, { recursive: true })
  }

  async #evm({ contract, data }: Workload, ...more: string[]): Promise<string> {
    const args = ['evm', '--path', contract.address, '--input', bytesToHex(data), '--gas-limit', String(GAS), ...more]
    return (await runTool('revme', args, this.#folder)).stdout
  }
}

function notUnderstood({ name }: Workload, text: string): Error {
  return new Error(`revme: ${name}: not understood: ${text}`)
}

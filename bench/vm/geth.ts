import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bytesToHex, hexToBytes, quantityToHex, wordToHash } from '../../primitives/hex.ts'
import { CALLER, type Contract, type Engine, GAS, MOST_GAS, type RunResult, type Workload } from './engine.ts'
import { isTool, parseDuration, runTool } from './tools.ts'

const FORKS_BY_BLOCK = [
  'homestead',
  'eip150',
  'eip155',
  'eip158',
  'byzantium',
  'constantinople',
  'petersburg',
  'istanbul',
  'berlin',
  'london',
]
const FORKS_WITH_BLOBS = ['cancun', 'prague', 'osaka']
const BLOBS = { target: 6, max: 9, baseFeeUpdateFraction: 5_007_716 }

/** Every fork up to Osaka from the genesis block on. */
const CHAIN = {
  chainId: 31_337,
  terminalTotalDifficulty: 0,
  ...Object.fromEntries(FORKS_BY_BLOCK.map((fork) => [`${fork}Block`, 0])),
  ...Object.fromEntries(['shanghai', ...FORKS_WITH_BLOBS].map((fork) => [`${fork}Time`, 0])),
  blobSchedule: Object.fromEntries(FORKS_WITH_BLOBS.map((fork) => [fork, BLOBS])),
}

/** geth's command-line tool `evm`. Its benchmark copies the state before each call. */
export class GethEngine implements Engine {
  static readonly install = 'go install github.com/ethereum/go-ethereum/cmd/evm@v1.16.7'
  readonly name = 'geth evm'
  readonly #folder = mkdtempSync(join(tmpdir(), 'pavm-bench-geth-'))

  static async isInstalled(): Promise<boolean> {
    return await isTool('evm', ['--version'], /^evm version/)
  }

  supports(): boolean {
    return true
  }

  prepare(contracts: readonly Contract[]): void {
    const accounts = contracts.map(({ address, code, storage }) => {
      const slots = [...storage].map(([slot, value]) => [wordToHash(slot), wordToHash(value)] as const)
      const account = { balance: '0x0', nonce: '0x1', code: bytesToHex(code), storage: Object.fromEntries(slots) }
      return [address, account] as const
    })
    const alloc = { [CALLER]: { balance: quantityToHex(10n ** 18n) }, ...Object.fromEntries(accounts) }
    const genesis = { config: CHAIN, gasLimit: quantityToHex(MOST_GAS), difficulty: '0x0', baseFeePerGas: '0x0', alloc }
    writeFileSync(join(this.#folder, 'genesis.json'), JSON.stringify(genesis))
  }

  async run(workload: Workload): Promise<RunResult> {
    return await this.#call(workload, '--statdump')
  }

  async average(workload: Workload): Promise<number> {
    return (await this.#call(workload, '--bench')).microseconds
  }

  close(): void {
    rmSync(this.#folder, { recursive: true })
  }

  async #call(
    { name, contract, data, gas: limit = GAS }: Workload,
    mode: '--bench' | '--statdump',
  ): Promise<RunResult> {
    // A parameter could be no longer than 128 KiB.
    writeFileSync(join(this.#folder, 'input'), bytesToHex(data))
    const call = ['--sender', CALLER, '--receiver', contract.address, '--inputfile', 'input']
    const args = ['run', mode, '--prestate', 'genesis.json', '--gas', String(limit), ...call]
    const { stdout, stderr } = await runTool('evm', args, this.#folder)
    const [, output] = /^(0x[0-9a-f]*)\n$/.exec(stdout) ?? []
    const [, gas] = /EVM gas used: +(\d+)/.exec(stderr) ?? []
    const [, time] = /execution time: +(\S+)/.exec(stderr) ?? []
    if (output === undefined || gas === undefined || time === undefined) {
      throw new Error(`${this.name}: ${name}: not understood: ${stdout}${stderr}`)
    }
    return { output: hexToBytes(output), gasUsed: BigInt(gas), microseconds: parseDuration(time) }
  }
}

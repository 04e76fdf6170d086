import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What a client needs to deploy and call a contract. */
export interface Artifact {
  readonly contractName: string
  /** JSON ABI, as solc gives it. */
  readonly abi: readonly Record<string, unknown>[]
  /** Creation code with 0x. */
  readonly bytecode: `0x${string}`
  /** Runtime code with 0x; immutables, if any, are zero in it. */
  readonly deployedBytecode: `0x${string}`
}

interface StandardOutput {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[]
  readonly contracts?: Record<
    string,
    Record<
      string,
      {
        readonly abi: Record<string, unknown>[]
        readonly evm: {
          readonly bytecode: { readonly object: string }
          readonly deployedBytecode: { readonly object: string }
        }
      }
    >
  >
}

const folder = dirname(fileURLToPath(import.meta.url))
const require = createRequire(import.meta.url)

/**
 * Compiles Solidity files of this folder with solc (optimizer on, 200 runs, EVM version `prague`).
 * @param files names in this folder, as `Token.sol`
 * @returns the contracts by name
 * @throws Error with solc's own message when a file does not compile
 */
export function compile(...files: string[]): Record<string, Artifact> {
  const solc = require('solc') as { compile(input: string): string }
  const output = JSON.parse(
    solc.compile(
      JSON.stringify({
        language: 'Solidity',
        sources: Object.fromEntries(files.map((file) => [file, { content: readFileSync(join(folder, file), 'utf8') }])),
        settings: {
          evmVersion: 'prague',
          optimizer: { enabled: true, runs: 200 },
          metadata: { bytecodeHash: 'none', appendCBOR: false },
          outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object'] } },
        },
      }),
    ),
  ) as StandardOutput
  const failures = (output.errors ?? []).filter((error) => error.severity === 'error')
  if (failures.length > 0) throw new Error(failures.map((error) => error.formattedMessage).join('\n'))
  const artifacts: Record<string, Artifact> = {}
  for (const contracts of Object.values(output.contracts ?? {})) {
    for (const [contractName, { abi, evm }] of Object.entries(contracts)) {
      artifacts[contractName] = {
        contractName,
        abi,
        bytecode: `0x${evm.bytecode.object}`,
        deployedBytecode: `0x${evm.deployedBytecode.object}`,
      }
    }
  }
  return artifacts
}

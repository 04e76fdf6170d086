import { CompileError, doesNotCompile } from './compile-error.ts'
import { compileStandard } from './compile-standard.ts'
import type { Diagnostic } from './diagnostic.ts'
import { readSources } from './read-sources.ts'
import { type AbiEntry, hasErrors, type LinkReferences, type StandardInput, type StandardOutput } from './solc.ts'

export interface CompileOptions {
  /** Where names of sources begin, and imports that are not relative are looked for first; by default the working directory. */
  readonly base?: string | undefined
  /** How often solc is to expect that code runs: it chooses between small and fast. By default 200. */
  readonly optimizeRuns?: number | undefined
  /** By default solc's own. */
  readonly evmVersion?: string | undefined
  /** Compile this contract alone. */
  readonly contract?: string | undefined
}

/** A contract as Hardhat writes it, with what tools for PaVM need beside. */
export interface PavmArtifact {
  readonly _format: 'hh-sol-artifact-1'
  readonly contractName: string
  readonly sourceName: string
  readonly abi: readonly AbiEntry[]
  readonly bytecode: `0x${string}`
  readonly deployedBytecode: `0x${string}`
  readonly linkReferences: LinkReferences
  readonly deployedLinkReferences: LinkReferences
  readonly immutableReferences: Readonly<Record<string, readonly { readonly start: number; readonly length: number }[]>>
  readonly storageLayout: unknown
  /** Of the deployed code, in solc's format; `sources` names its files by number. */
  readonly sourceMap: string
  readonly sources: readonly string[]
}

export interface Compiled {
  /** Contracts, interfaces and libraries of the files that were named. */
  readonly artifacts: readonly PavmArtifact[]
  readonly warnings: readonly Diagnostic[]
}

const OUTPUTS = ['abi', 'storageLayout', 'evm.bytecode', 'evm.deployedBytecode', 'evm.methodIdentifiers']

/**
 * Compiles Solidity files, which may have the keywords of threads.
 * @throws CompileError
 */
export function compilePavm(files: readonly string[], options: CompileOptions = {}): Compiled {
  const { output, entries } = compileFiles(files, options)
  if (hasErrors(output)) throw doesNotCompile(output.errors ?? [])
  const sources = Object.entries(output.sources ?? {})
    .sort(([, a], [, b]) => a.id - b.id)
    .map(([name]) => name)
  const artifacts = entries.flatMap((entry) =>
    Object.keys(output.contracts?.[entry] ?? {})
      .filter((name) => options.contract === undefined || name === options.contract)
      .map((name) => artifactOf(output, sources, entry, name)),
  )
  if (artifacts.length === 0 && options.contract !== undefined) {
    throw new CompileError('no-contract', `${files.join(', ')} has no contract ${options.contract}`)
  }
  return { artifacts, warnings: output.errors ?? [] }
}

/** The same as solc's standard JSON output. */
export function compileFiles(
  files: readonly string[],
  { base = process.cwd(), optimizeRuns = 200, evmVersion, contract = '*' }: CompileOptions = {},
): { readonly output: StandardOutput; readonly entries: readonly string[] } {
  const { sources, entries } = readSources(files, base)
  const input: StandardInput = {
    language: 'Solidity',
    sources,
    settings: {
      viaIR: true,
      optimizer: { enabled: true, runs: optimizeRuns },
      ...(evmVersion === undefined ? {} : { evmVersion }),
      // The hash would be one of metadata that nobody has.
      metadata: { bytecodeHash: 'none', appendCBOR: false },
      outputSelection: Object.fromEntries(entries.map((entry) => [entry, { [contract]: OUTPUTS }])),
    },
  }
  return { output: compileStandard(input), entries }
}

function artifactOf(
  { contracts }: StandardOutput,
  sources: readonly string[],
  sourceName: string,
  contractName: string,
): PavmArtifact {
  const { abi = [], storageLayout, evm } = contracts?.[sourceName]?.[contractName] ?? {}
  const { bytecode, deployedBytecode } = evm ?? {}
  return {
    _format: 'hh-sol-artifact-1',
    contractName,
    sourceName,
    abi,
    bytecode: `0x${bytecode?.object ?? ''}`,
    deployedBytecode: `0x${deployedBytecode?.object ?? ''}`,
    linkReferences: bytecode?.linkReferences ?? {},
    deployedLinkReferences: deployedBytecode?.linkReferences ?? {},
    immutableReferences: deployedBytecode?.immutableReferences ?? {},
    storageLayout,
    sourceMap: deployedBytecode?.sourceMap ?? '',
    sources,
  }
}

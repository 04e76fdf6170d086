import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Hex } from '../../primitives/hex.ts'

/** A contract as the fuzzer needs it. */
export interface CompiledContract {
  /** JSON ABI, as solc gives it. */
  readonly abi: readonly Record<string, unknown>[]
  /** Creation code. */
  readonly bytecode: Hex
}

export interface CompileOptions {
  /** By default `contracts` beside this file. */
  readonly folder?: string
  /** Files of the folder. */
  readonly files: readonly string[]
  /** As solc names the instructions it may use. */
  readonly evmVersion: string
  /** Takes five times as long. */
  readonly optimizes: boolean
  /** By way of solc's intermediate representation, which makes other code: shared pieces, words in other order. Default no. */
  readonly viaIR?: boolean
}

interface SolcOutput {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[]
  readonly contracts: Record<
    string,
    Record<string, { readonly abi: CompiledContract['abi']; readonly evm: SolcBytecode }>
  >
}

interface SolcBytecode {
  readonly bytecode: { readonly object: string }
}

interface Solc {
  compile(input: string, callbacks: { import(path: string): { contents: string } | { error: string } }): string
}

const SOURCES = join(import.meta.dirname, 'contracts')
const PACKAGES = join(import.meta.dirname, '..', '..', 'node_modules')
const CACHE = join(tmpdir(), 'pavm-fuzz-contracts')
const require = createRequire(import.meta.url)

/**
 * Compiles with solc, contracts by name. The result is kept in a folder of the system's temporary files under a hash of
 * all that went into it, imported files by the version of their package: with optimization it takes 17 s.
 */
export function compileContracts(options: CompileOptions): Record<string, CompiledContract> {
  const input = compilerInput(options)
  const path = join(CACHE, `${createHash('sha256').update(`${versions()}\n${input}`).digest('hex')}.json`)
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, CompiledContract>
  } catch {
    const contracts = run(input)
    mkdirSync(CACHE, { recursive: true })
    // Several threads may do this at once, and a reader must not see half a file.
    const draft = `${path}.${process.pid}.${Math.random()}`
    writeFileSync(draft, JSON.stringify(contracts))
    renameSync(draft, path)
    return contracts
  }
}

function compilerInput({ folder = SOURCES, files, evmVersion, optimizes, viaIR = false }: CompileOptions): string {
  return JSON.stringify({
    language: 'Solidity',
    sources: Object.fromEntries(files.map((file) => [file, { content: readFileSync(join(folder, file), 'utf8') }])),
    settings: {
      evmVersion,
      viaIR,
      optimizer: { enabled: optimizes, runs: 200 },
      metadata: { bytecodeHash: 'none', appendCBOR: false },
      outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
    },
  })
}

function versions(): string {
  const { version } = require('@openzeppelin/contracts/package.json') as { version: string }
  const { version: solc } = require('solc/package.json') as { version: string }
  return `${solc} ${version}`
}

function run(input: string): Record<string, CompiledContract> {
  const solc = require('solc') as Solc
  const output = JSON.parse(solc.compile(input, { import: readImport })) as SolcOutput
  const failures = (output.errors ?? []).filter((error) => error.severity === 'error')
  if (failures.length > 0) throw new Error(failures.map((error) => error.formattedMessage).join('\n'))
  const contracts: Record<string, CompiledContract> = {}
  for (const file of Object.values(output.contracts)) {
    for (const [name, { abi, evm }] of Object.entries(file)) {
      contracts[name] = { abi, bytecode: `0x${evm.bytecode.object}` }
    }
  }
  return contracts
}

function readImport(path: string): { contents: string } | { error: string } {
  try {
    return { contents: readFileSync(join(path.startsWith('@') ? PACKAGES : SOURCES, path), 'utf8') }
  } catch (error) {
    return { error: String(error) }
  }
}

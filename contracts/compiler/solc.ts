import { createRequire } from 'node:module'
import type { Diagnostic } from './diagnostic.ts'

/** solc's standard JSON input, as far as it is read here; everything else in it is passed on. */
export interface StandardInput {
  readonly language: string
  readonly sources: Readonly<Record<string, { readonly content: string }>>
  readonly settings?: Settings
}

export interface Settings {
  readonly evmVersion?: string
  readonly viaIR?: boolean
  readonly optimizer?: {
    readonly enabled?: boolean
    readonly runs?: number
    readonly details?: Record<string, unknown>
  }
  readonly metadata?: Record<string, unknown>
  readonly debug?: Record<string, unknown>
  readonly libraries?: Record<string, Record<string, string>>
  readonly remappings?: readonly string[]
  readonly outputSelection?: OutputSelection
  readonly [other: string]: unknown
}

/** Names of outputs by file and contract, each of which may be `*`. */
export type OutputSelection = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>

export interface StandardOutput {
  readonly errors?: readonly Diagnostic[]
  readonly sources?: Readonly<Record<string, { readonly id: number; readonly ast?: unknown }>>
  readonly contracts?: Readonly<Record<string, Readonly<Record<string, ContractOutput>>>>
}

export interface ContractOutput {
  readonly abi?: readonly AbiEntry[]
  readonly ir?: string
  readonly storageLayout?: unknown
  readonly evm?: EvmOutput
  readonly [other: string]: unknown
}

export type AbiEntry = Readonly<Record<string, unknown>> & { readonly type: string; readonly name?: string }

export interface EvmOutput {
  readonly bytecode?: CodeOutput
  readonly deployedBytecode?: CodeOutput
  readonly methodIdentifiers?: Readonly<Record<string, string>>
  readonly [other: string]: unknown
}

export interface CodeOutput {
  /** Hex without 0x; placeholders where a library's address belongs. */
  readonly object?: string
  readonly sourceMap?: string
  readonly linkReferences?: LinkReferences
  readonly immutableReferences?: Readonly<
    Record<string, readonly { readonly start: number; readonly length: number }[]>
  >
  readonly [other: string]: unknown
}

export type LinkReferences = Readonly<
  Record<string, Readonly<Record<string, readonly { readonly start: number; readonly length: number }[]>>>
>

const require = createRequire(import.meta.url)

/** Runs solc on standard JSON. It is loaded on the first call: that takes half a second. */
export function runSolc(input: StandardInput): StandardOutput {
  const solc = require('solc') as { compile(input: string): string }
  return JSON.parse(solc.compile(JSON.stringify(input))) as StandardOutput
}

export function hasErrors(output: StandardOutput): boolean {
  return (output.errors ?? []).some(({ severity }) => severity === 'error')
}

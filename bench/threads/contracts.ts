import { fileURLToPath } from 'node:url'
import { type Artifact, compile } from '../../contracts/compile.ts'
import { type CompileOptions, compilePavm, type PavmArtifact } from '../../contracts/compiler/compile-pavm.ts'

const FOLDER = fileURLToPath(new URL('../../contracts/workloads', import.meta.url))
const OPTIONS: CompileOptions = { base: FOLDER, evmVersion: 'prague' }
const IMPORTED = ['Matrices', 'Words']

/** Contracts without threads in `contracts/workloads`, by name, as solc makes them the usual way. */
export function plainContracts(names: readonly string[]): Readonly<Record<string, Artifact>> {
  return compile(...[...names, ...IMPORTED].map((name) => `workloads/${name}.sol`))
}

/** Those without threads as contracts with threads are made: by way of solc's IR. MatrixMul uses a third more gas so. */
export function irContracts(names: readonly string[]): Readonly<Record<string, PavmArtifact>> {
  return compiled(names.map((name) => `${name}.sol`))
}

/** Contracts with threads in `contracts/workloads/threads`, by name. */
export function threadedContracts(names: readonly string[]): Readonly<Record<string, PavmArtifact>> {
  return compiled(names.map((name) => `threads/${name}.sol`))
}

function compiled(files: readonly string[]): Readonly<Record<string, PavmArtifact>> {
  const { artifacts } = compilePavm(files, OPTIONS)
  return Object.fromEntries(artifacts.map((artifact) => [artifact.contractName, artifact]))
}

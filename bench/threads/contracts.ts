import { fileURLToPath } from 'node:url'
import { type Artifact, compile } from '../../contracts/compile.ts'
import { type CompileOptions, compilePavm, type PavmArtifact } from '../../contracts/compiler/compile-pavm.ts'

const FOLDER = fileURLToPath(new URL('../../contracts/workloads', import.meta.url))
const OPTIONS: CompileOptions = { base: FOLDER, evmVersion: 'prague' }
const IMPORTED = ['Matrices', 'Words']

/**
 * Contracts without threads in `contracts/workloads`, by name. Solc makes most of them the usual way: by way of its IR, which threads
 * need, MatrixMul uses a third more gas and would make any contract with threads look good.
 */
export function plainContracts(names: readonly string[]): Readonly<Record<string, Artifact>> {
  return compile(...[...names, ...IMPORTED].map((name) => `workloads/${name}.sol`))
}

/** Contracts with threads in `contracts/workloads/threads`, by name. */
export function threadedContracts(names: readonly string[]): Readonly<Record<string, PavmArtifact>> {
  const { artifacts } = compilePavm(
    names.map((name) => `threads/${name}.sol`),
    OPTIONS,
  )
  return Object.fromEntries(artifacts.map((artifact) => [artifact.contractName, artifact]))
}

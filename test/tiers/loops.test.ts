import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { rulesFor } from '../../config/hardforks.ts'
import { Compilation } from '../../execution/compiler/compilation.ts'
import { structureOf } from '../../execution/compiler/structure.ts'
import { compileContracts } from '../fuzz/compile-contracts.ts'
import { runtimeOf } from './fixtures/run-on-tiers.ts'

const folder = join(import.meta.dirname, '..', '..', 'contracts', 'workloads')
/** Loops of loops, with calls of internal functions in them; none of these calls itself. */
const CONTRACTS = ['Fibonacci', 'Histogram', 'MatrixAdd', 'MatrixMul', 'Substring', 'WordCount']
const IMPORTED = ['Matrices', 'Words']

for (const [pipeline, viaIR] of [
  ['its usual way', false],
  ['by way of the IR', true],
] as const) {
  describe(`loops that solc makes ${pipeline} are loops in WebAssembly, with all words in locals`, () => {
    const contracts = compileContracts({
      folder,
      files: [...CONTRACTS, ...IMPORTED].map((name) => `${name}.sol`),
      evmVersion: 'prague',
      optimizes: true,
      viaIR,
    })
    for (const name of CONTRACTS) {
      test(name, () => {
        const code = runtimeOf(contracts[name]!.bytecode)
        const compilation = new Compilation(code, rulesFor('osaka'), { wide: new Set() })
        compilation.compile()
        const { nodes } = compilation
        const indirect = nodes.filter(({ isFloating, isUnresolved }) => isFloating || isUnresolved)
        assert.deepEqual(
          indirect.map(({ block }) => block.position),
          [],
        )
        const { isLoop, targets } = structureOf({ successors: nodes.map(({ successors }) => successors) })
        assert.ok(isLoop.includes(true))
        assert.deepEqual(targets, [], 'jumps that go through a dispatcher')
      })
    }
  })
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { TIERS } from '../../execution/compiler/execute.ts'
import { isOfferable } from '../../execution/threads/offerable-code.ts'
import { compileFiles } from './compile-pavm.ts'
import { callContract, codeOf, RULES, resultsOf } from './fixtures/call-contract.ts'
import type { ContractOutput } from './solc.ts'

const folder = fileURLToPath(new URL('../workloads', import.meta.url))

function contractOf(file: string, name: string): ContractOutput {
  const { output } = compileFiles([file], { base: folder, evmVersion: 'prague' })
  const contract = output.contracts?.[file]?.[name]
  assert.ok(contract !== undefined, JSON.stringify(output.errors))
  return contract
}

const TEXT = Buffer.from('  One two,\tthree\r\nfour  five six seven eight nine ten')

/** Arguments with nothing to do, with less than a piece for each thread, with a rest, and with more. */
const CALLS: Readonly<Record<string, readonly (readonly unknown[])[]>> = {
  MatrixMul: [[0], [1], [3], [4], [10]],
  MatrixAdd: [
    [0, 1],
    [1, 2],
    [3, 0],
    [9, 3],
  ],
  Substring: [
    [0, 3],
    [1, 1],
    [2, 5],
    [7, 3],
    [42, 8],
  ],
  Histogram: [[0], [1], [5], [333]],
  WordCount: Array.from({ length: TEXT.length + 1 }, (_, length) => [TEXT.subarray(0, length)]),
}

for (const [name, calls] of Object.entries(CALLS)) {
  test(`${name} with threads gives what it gives without, on every engine`, () => {
    const plain = contractOf(`${name}.sol`, name)
    const threaded = contractOf(`threads/${name}.sol`, `Threaded${name}`)
    for (const args of calls) {
      assert.deepEqual(resultsOf(threaded, 'run', args), resultsOf(plain, 'run', args), String(args))
    }
    const engines = TIERS.map((tier) => callContract(threaded, 'run', calls.at(-1), { tier }))
    for (const { kind, output, gasUsed } of engines) {
      assert.deepEqual([kind, output, gasUsed], [engines[0]?.kind, engines[0]?.output, engines[0]?.gasUsed])
    }
    const code = codeOf(threaded)
    assert.ok(isOfferable({ code, codeHash: undefined } as Parameters<typeof isOfferable>[0], RULES))
  })
}

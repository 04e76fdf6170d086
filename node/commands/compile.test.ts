import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { buildProgram } from '../cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'pavm-compile-'))
after(() => rmSync(folder, { recursive: true, force: true }))

writeFileSync(
  join(folder, 'Sums.sol'),
  `// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;
contract Sums {
    uint256 public total;
    function run(uint256 n) external returns (uint256) { total = subsol [1] sum(n); return total; }
    function sum(uint256 n) private pure returns (uint256) { return n * 2; }
}
contract Other {}
`,
)
writeFileSync(
  join(folder, 'Wrong.sol'),
  'pragma solidity ^0.8.22;\ncontract W { function f() public { subsol f(); } }\n',
)

/** What the command writes to standard output. */
async function run(t: TestContext, ...args: string[]): Promise<string> {
  let written = ''
  const { mock } = t.mock.method(process.stdout, 'write', (text: string) => {
    written += text
    return true
  })
  try {
    const program = await buildProgram('compile')
    await program.parseAsync(['node', 'pavm', 'compile', ...args])
  } finally {
    mock.restore()
  }
  return written
}

test('writes an artifact of each contract, or of one', async (t) => {
  const output = join(folder, 'out')
  const summary = await run(t, join(folder, 'Sums.sol'), '--output', output, '--evm-version', 'prague')
  assert.match(summary, /^Other .*\nSums +\d+ bytes +2 functions .*Sums\.json\n$/)
  assert.deepEqual(readdirSync(join(output, 'Sums.sol')).sort(), ['Other.json', 'Sums.json'])
  const artifact = JSON.parse(readFileSync(join(output, 'Sums.sol', 'Sums.json'), 'utf8')) as Record<string, unknown>
  assert.deepEqual(Object.keys(artifact), [
    ...['_format', 'contractName', 'sourceName', 'abi', 'bytecode', 'deployedBytecode', 'linkReferences'],
    ...['deployedLinkReferences', 'immutableReferences', 'storageLayout', 'sourceMap', 'sources'],
  ])
  assert.deepEqual([artifact.contractName, artifact.sourceName, artifact.sources], ['Sums', 'Sums.sol', ['Sums.sol']])
  assert.match(String(artifact.deployedBytecode), /^0x[0-9a-f]+$/)
  assert.match(await run(t, join(folder, 'Sums.sol'), '--output', output, '--contract', 'Other'), /^Other .*\n$/)
})

test("prints solc's standard JSON", async (t) => {
  const output = JSON.parse(await run(t, join(folder, 'Sums.sol'), '--standard-json'))
  assert.deepEqual(Object.keys(output.contracts['Sums.sol']).sort(), ['Other', 'Sums'])
  assert.deepEqual(output.errors, [])
})

test('refuses what does not compile, and contracts that are not there', async (t) => {
  const wrong = join(folder, 'Wrong.sol')
  let said = ''
  t.mock.method(process.stderr, 'write', (text: string) => {
    said += text
    return true
  })
  await assert.rejects(run(t, wrong), { code: 'does-not-compile', message: `there are errors in ${wrong}` })
  assert.match(said, /^PavmError: subsol takes one pair of brackets.*\n --> Wrong\.sol:2:36:\n/)
  await assert.rejects(run(t, wrong, '--standard-json'), { code: 'does-not-compile' })
  await assert.rejects(run(t, join(folder, 'Sums.sol'), '--contract', 'None'), { code: 'no-contract' })
})

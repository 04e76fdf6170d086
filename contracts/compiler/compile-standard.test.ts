import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { compileStandard } from './compile-standard.ts'
import { compileText, errorsOf, FILE, inputOf } from './fixtures/compile-text.ts'
import { runSolc, type StandardInput } from './solc.ts'

const THREADS = `contract C {
    uint256 public total;
    uint256 public immutable start;
    event Done(uint256 é);
    constructor(uint256 a) { start = a; }
    /// Starts some threads.
    function run(uint256 n) external returns (uint256) {
        uint256 a = subsol [1] add(1, n);
        uint256 b = afterw [1] [total] add(2, n);
        afterr [1] [total] add(2, n);
        aftera [1] add(3, n);
        sleep [1] [2];
        revertt [1];
        return a + b;
    }
    function add(uint256 x, uint256 y) private rr rphash returns (uint256) { total += x; return y + start; }
}
`.replace('é', 'e')

test('a source without keywords compiles as solc does it, names that are keywords elsewhere included', () => {
  const plain = `contract C {
    uint256[] sleep; uint256 public rr;
    modifier rphash() { _; rr++; }
    function subsol(uint256 afterw) public rphash returns (uint256) { sleep.push(afterw); sleep[0] = 1; return sleep[0]; }
}`
  for (const viaIR of [true, false]) {
    const input = inputOf(plain, { viaIR, metadata: {}, outputSelection: { '*': { '*': ['*'], '': ['ast'] } } })
    assert.deepEqual(compileStandard(input), runSolc(input))
  }
  const workload = readFileSync(new URL('../workloads/CpuHeavy.sol', import.meta.url), 'utf8')
  const input: StandardInput = { ...inputOf(''), sources: { 'CpuHeavy.sol': { content: workload } } }
  assert.deepEqual(compileStandard(input), runSolc(input))
})

test('a contract without threads has the same code beside one that has some', () => {
  const plain =
    '// SPDX-License-Identifier: MIT\npragma solidity ^0.8.22;\ncontract P { function f(uint256 a) public pure returns (uint256) { return a * a; } }\n'
  const both = compileStandard(
    inputOf(`import {P} from "./P.sol"; ${THREADS} contract Q is P {}`, {}, { 'P.sol': plain }),
  )
  assert.deepEqual(errorsOf(both), [])
  const alone = runSolc(inputOf('import {P} from "./P.sol"; contract Q is P {}', {}, { 'P.sol': plain }))
  const code = (output: typeof both, file: string, name: string) =>
    output.contracts?.[file]?.[name]?.evm?.deployedBytecode
  assert.equal(code(both, 'P.sol', 'P')?.object, code(alone, 'P.sol', 'P')?.object)
  assert.equal(code(both, 'P.sol', 'P')?.sourceMap, code(alone, 'P.sol', 'P')?.sourceMap)
  assert.equal(code(both, FILE, 'Q')?.object, code(alone, FILE, 'Q')?.object)
})

test('every instruction is in the code', () => {
  const { evm } = compileText(THREADS)
  const opcodes = String(evm?.deployedBytecode?.opcodes).split(' ')
  for (const opcode of ['0xB1', '0xB2', '0xB3', '0xB4', '0xB5', '0xB6', '0xB7', '0xB8', '0xBB', '0xBC']) {
    assert.ok(opcodes.includes(opcode), opcode)
  }
  assert.ok(!opcodes.includes('GAS'), 'it looks at its gas')
})

test("the compiler's own functions are not in the interface", () => {
  const { abi, evm, storageLayout } = compileText(THREADS)
  const names = (abi ?? []).map(({ name, type }) => name ?? type)
  assert.deepEqual(names.sort(), ['Done', 'constructor', 'run', 'start', 'total'])
  assert.deepEqual(Object.keys(evm?.methodIdentifiers ?? {}).sort(), ['run(uint256)', 'start()', 'total()'])
  const { storage } = storageLayout as { storage: { label: string; slot: string }[] }
  assert.deepEqual(
    storage.map(({ label, slot }) => [label, slot]),
    [['total', '0']],
  )
})

test('immutables and links to libraries are where the code has them', () => {
  const { evm } = compileText(
    `library L { function f(uint256 a) external pure returns (uint256) { return a + 1; } }
${THREADS.replace('return a + b;', 'return L.f(a + b);')}`,
  )
  const { object = '', immutableReferences = {}, linkReferences = {} } = evm?.deployedBytecode ?? {}
  const immutables = Object.values(immutableReferences).flat()
  assert.ok(immutables.length >= 2)
  for (const { start, length } of immutables) {
    assert.equal(object.slice(start * 2 - 2, (start + length) * 2), `7f${'00'.repeat(length)}`)
  }
  const [link] = linkReferences[FILE]?.L ?? []
  assert.ok(link !== undefined)
  assert.match(object.slice(link.start * 2, (link.start + link.length) * 2), /^__\$[0-9a-f]{34}\$__$/)
})

test('the source map has an entry for each instruction, about the text as it was written', () => {
  const input = inputOf(THREADS)
  const output = compileStandard(input)
  const code = output.contracts?.[FILE]?.C?.evm?.deployedBytecode
  const entries = (code?.sourceMap ?? '').split(';')
  assert.equal(entries.length, instructionsOf(String(code?.opcodes)))
  const text = input.sources[FILE]?.content ?? ''
  let [start, length, file] = ['', '', '']
  const places = new Set<string>()
  for (const entry of entries) {
    const [s = '', l = '', f = ''] = entry.split(':')
    start = s || start
    length = l || length
    file = f || file
    if (file === '-1') continue
    assert.equal(file, String(output.sources?.[FILE]?.id))
    assert.ok(Number(start) + Number(length) <= text.length)
    places.add(text.slice(Number(start), Number(start) + Number(length)))
  }
  assert.ok(places.has('total += x'))
  assert.ok(places.has('y + start'))
  assert.ok(![...places].some((place) => place.includes('__pavm')))
})

/** How many there are in solc's list, in which data of a push is a word of its own. */
function instructionsOf(opcodes: string): number {
  const words = opcodes.trim().split(' ')
  return words.filter((word, index) => !(word.startsWith('0x') && /^PUSH\d/.test(words[index - 1] ?? ''))).length
}

test('warnings are about what was written', () => {
  const text =
    'contract C { uint256 v; function f() public { uint256 x = subsol [1] g(); aftera [1] g(); } function g() public rr returns (uint256) { v++; return v; } }'
  const { errors = [] } = compileStandard(inputOf(text))
  assert.deepEqual(
    errors.map(({ message, severity }) => [severity, message]),
    [['warning', 'Unused local variable.']],
  )
  assert.match(errors[0]?.formattedMessage ?? '', /--> Test\.sol:3:47:\n/)
})

test('what is not Solidity and what does not parse is left to solc', () => {
  const yul: StandardInput = { language: 'Yul', sources: { a: { content: '{ let x := 1 }' } } }
  assert.deepEqual(compileStandard(yul), runSolc(yul))
  const broken = inputOf('contract C { function f( }')
  assert.deepEqual(compileStandard(broken), runSolc(broken))
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findSites } from './find-sites.ts'
import type { Range } from './sites.ts'
import { readSource } from './source-file.ts'

function sitesOf(body: string) {
  const source = readSource('a.sol', `contract C { function run() public { ${body} } }`)
  const [sites, errors] = findSites(source, new Set())
  assert.deepEqual(errors, [])
  const text = ({ start, end }: Range) => source.text.slice(start, end)
  return {
    spawns: sites.spawns.map(({ keyword, operands, callee, args, target, isInBlock, ...range }) => [
      ...[keyword, operands.map(text), text(callee), text(args), target && text(target), isInBlock, text(range)],
    ]),
    controls: sites.controls.map(({ keyword, operands }) => [keyword, ...operands.map(text)]),
  }
}

test('a thread alone, and one whose result is assigned', () => {
  assert.deepEqual(sitesOf('subsol [i + a[0]] f(g(1), "]");').spawns, [
    ['subsol', ['i + a[0]'], 'f', '(g(1), "]")', undefined, true, 'subsol [i + a[0]] f(g(1), "]");'],
  ])
  assert.deepEqual(sitesOf('x; uint256[] memory x = subsol[1] super.f({a: 1});').spawns, [
    [
      ...['subsol', ['1'], 'super.f', '({a: 1})', 'uint256[] memory x', true],
      'uint256[] memory x = subsol[1] super.f({a: 1});',
    ],
  ])
  assert.deepEqual(sitesOf('if (x) (a, b[f(1)]) = afterw [1] [v] f();').spawns, [
    ['afterw', ['1', 'v'], 'f', '()', '(a, b[f(1)])', false, '(a, b[f(1)]) = afterw [1] [v] f();'],
  ])
  assert.deepEqual(
    sitesOf(
      'if (x) aftera [1] f(); else afterr [1] [v] f(); do subsol [1] f(); while (x); for (;;) subsol [1] f();',
    ).spawns.map(([keyword, , , , , isInBlock]) => [keyword, isInBlock]),
    [
      ['aftera', false],
      ['afterr', false],
      ['subsol', false],
      ['subsol', false],
    ],
  )
})

test('sleep and revertt', () => {
  assert.deepEqual(sitesOf('sleep [1] [n * 2]; if (x) revertt [a[1]];').controls, [
    ['sleep', '1', 'n * 2'],
    ['revertt', 'a[1]'],
  ])
})

test('plain names stay plain', () => {
  const plain = [
    ...[
      'sleep(5);',
      'sleep[1] = 2;',
      'sleep[1][2] = 3;',
      'x = sleep[1];',
      'revertt();',
      'subsol[1].f();',
      'subsol = 1;',
    ],
    ...['x = subsol[1] + f();', 'subsol[2] memory y;', 'uint256 aftera = 1; aftera++;', 'g(subsol(1), afterw[2]);'],
    ...['"subsol [1] f();";', '// subsol [1] f();\n', 'assembly { let sleep := subsol() }', 'return rr;'],
  ]
  for (const statement of plain) assert.deepEqual(sitesOf(statement), { spawns: [], controls: [] }, statement)
})

test('words of headers', () => {
  const header = (text: string, modifiers: readonly string[] = []) => {
    const [{ notes }, errors] = findSites(readSource('a.sol', text), new Set(modifiers))
    assert.deepEqual(errors, [])
    return notes.map(({ keyword, function: { name } }) => [keyword, name])
  }
  const text =
    'contract C { function f(uint256 rr) public rr virtual rphash only(rphash) returns (uint256 rr) { return rr; } }'
  assert.deepEqual(header(text), [
    ['rr', 'f'],
    ['rphash', 'f'],
  ])
  assert.deepEqual(header('contract D is rr { constructor() rr(1) {} }'), [])
  assert.deepEqual(header('contract C { modifier rr() { _; } function f() public rr {} }', ['rr']), [])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusalOf } from './fixtures/compile-text.ts'

/** A contract with functions to run, and one with a body, which begins at column 33 of line 6. */
function body(statements: string): string {
  return `contract C {
    uint256 v; uint256 constant K = 1; uint256 immutable I = 1; mapping(uint256 => uint256) m; uint256[] list;
    function f(uint256 a) internal returns (uint256) { v += a; return a; }
    function far(uint256[] storage a) internal {}
    function map() internal returns (function() internal g) {}
    function run(C other) public { ${statements} }
}
`
}

/** Each where the keyword or what is wrong stands. */
const REFUSALS: readonly (readonly [string, string])[] = [
  ['subsol f(1);', '6:36 subsol takes one pair of brackets, not 0: subsol [id] f(…);'],
  ['subsol [1] [2] f(1);', '6:36 subsol takes one pair of brackets, not 2: subsol [id] f(…);'],
  ['subsol [] f(1);', '6:43 nothing is in these brackets: subsol [id] f(…);'],
  ['afterw [1] f(1);', '6:36 afterw takes two pairs of brackets, not 1: afterw [id] [variable] f(…);'],
  ['aftera [1] [v] f(1);', '6:36 aftera takes one pair of brackets, not 2: aftera [id] f(…);'],
  ['sleep [1];', '6:36 sleep takes two pairs of brackets, not 1: sleep [id] [turns];'],
  ['revertt [1] [2];', '6:36 revertt takes one pair of brackets, not 2: revertt [id];'],
  [
    'uint256 x = 1 + subsol [1] f(1);',
    '6:52 subsol stands at the beginning of a statement or behind its =: subsol [id] f(…);',
  ],
  ['f(subsol [1] f(1));', '6:38 subsol stands at the beginning of a statement or behind its =: subsol [id] f(…);'],
  [
    'for (uint256 i = subsol [1] f(1); i < 3; i++) {}',
    '6:53 subsol is a statement of its own: it cannot be part of another one',
  ],
  ['v += subsol [1] f(1);', "6:41 a thread's result is assigned with = alone, not with +="],
  [
    'subsol [1] f(1) + 1;',
    '6:52 the call of subsol is a statement of its own, ended by a semicolon: subsol [id] f(…);',
  ],
  [
    'subsol [1] f{gas: 1}(1);',
    '6:48 a thread has the value and a share of the gas of its parent: subsol takes no call options',
  ],
  ['if (true) uint256 x = subsol [1] f(1);', '6:46 a variable is declared in a block'],
  ['list[f(1)] = subsol [1] f(1);', '6:41 what a result is assigned to is only a place: it calls and changes nothing'],
  ['subsol [1] this.run(other);', '6:47 a thread is a call of this contract: write run without this'],
  [
    'subsol [1] other.run(other);',
    '6:47 a thread runs a function of its own contract, and other.run is one of something else',
  ],
  ['subsol [1] uint256(1);', '6:47 uint256 is a type, and a thread runs a function'],
  ['subsol [1] keccak256("");', '6:47 a thread runs a function that is defined under its name, and keccak256 is none'],
  ['subsol [1] far(list);', '6:47 far takes a reference to storage, which is not passed to or from a thread'],
  ['subsol [1] map();', '6:47 map returns an internal function, which is not passed to or from a thread'],
  ['uint256 x; x = afterw [1] [x] f(1);', '6:63 x is no state variable, so it has no slot'],
  ['afterr [1] [K] f(1);', '6:48 K never changes, so it has no slot'],
  ['afterr [1] [I] f(1);', '6:48 I never changes, so it has no slot'],
  ['afterr [1] [C.v] f(1);', '6:48 a variable is given by its name alone'],
]

test('what a keyword does not allow is refused where it stands', () => {
  for (const [statement, refusal] of REFUSALS) assert.equal(refusalOf(body(statement)), refusal, statement)
})

test('what solc refuses is told by where it stands in the text as it was written', () => {
  const wrong = [
    ['/* é */ uint256 x = subsol [1] f(1, 2);', /^6:67 Wrong argument count/],
    ['bool x = subsol [1] f(1);', /^6:36 Type uint256 is not implicitly convertible/],
    ['subsol [true] f(1);', /^6:44 Invalid type for argument/],
    ['subsol [1] g(1);', /^6:47 Undeclared identifier/],
    ['subsol [1] f(1);\n  uint256 x = y;', /^7:15 Undeclared identifier/],
    ['subsol;', /^6:36 Undeclared identifier\. As a keyword it is written subsol \[id\] f\(…\);$/],
  ] as const
  for (const [statement, refusal] of wrong) assert.match(refusalOf(body(statement)), refusal, statement)
})

test('a keyword has its place', () => {
  const cases = [
    [
      'contract C {\n  uint256 x = subsol [1] f();\n}',
      '2:15 subsol is a statement: it stands in the body of a function',
    ],
    [
      'contract C { constructor() { subsol [1] f(); } function f() public {} }',
      '1:30 subsol is not possible in a constructor: the contract has no code yet that a thread could run',
    ],
    [
      'library C { function f() internal { sleep [1] [1]; } }',
      '1:37 sleep belongs to a contract: a thread is a call of the contract that starts it',
    ],
    [
      'function f() { aftera [1] f(); }',
      '1:16 aftera belongs to a contract: a thread is a call of the contract that starts it',
    ],
    ['interface C { function f() external rr; }', '1:37 rr needs a function with a body'],
    ['function f() rphash {}', '1:14 rphash needs a function of a contract'],
    [
      'contract C { function f() public rr { uint256 __pavm_x; } }',
      "1:47 __pavm_x is a name of the compiler's own: names beginning with __pavm_ are",
    ],
  ]
  for (const [text = '', refusal] of cases) assert.equal(refusalOf(text), refusal, text)
})

test('of brackets without partner only the first is told', () => {
  assert.equal(refusalOf(body('subsol [1] f(1; subsol f(2);')), '6:48 this bracket has no partner')
  assert.equal(refusalOf(body('subsol [1] f(1)]; } subsol [1] f(2);')), '6:51 this bracket has no partner')
})

test('what the compiler adds is told as about the function that a thread runs', () => {
  const cases = [
    [
      'contract C { struct S { S[] s; } function f(S memory s) private {} function run() external { S memory s; subsol [1] f(s); } }',
      '1:117 Recursive type not allowed for public or external contract functions.',
    ],
    [
      'contract C { function run() external view { function() external f = subsol [1] g(); f; } function g() private view returns (function() external) { return this.h; } function h() external {} }',
      '1:80 g returns a function, which is not passed from a thread',
    ],
    [
      'library L { function g(uint256 b) internal {} } contract C { using L for uint256; function run(uint256 b) external { subsol [1] b.g(); } }',
      '1:129 a thread runs a function of its own contract, and b.g is one of something else',
    ],
  ]
  for (const [text = '', refusal] of cases) assert.equal(refusalOf(text), refusal, text)
})

test('a pure or view function starts no thread that does more', () => {
  const text = `contract C {
    uint256 v;
    function f() internal { v = 1; }
    function run() public view { subsol [1] f(); }
}`
  assert.match(refusalOf(text), /^4:45 Function cannot be declared as view/)
})

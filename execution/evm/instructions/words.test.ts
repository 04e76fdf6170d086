import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assemble } from '../fixtures/assembler.ts'
import { Random, testSeed } from '../fixtures/random.ts'
import { runCode } from '../fixtures/run-code.ts'

const MODULUS = 1n << 256n
const SIGN = 1n << 255n
const signed = (word: bigint) => (word >= SIGN ? word - MODULUS : word)
const wrapped = (value: bigint) => ((value % MODULUS) + MODULUS) % MODULUS
const flag = (condition: boolean) => (condition ? 1n : 0n)

/** Definitions of the Yellow Paper and the EIPs, with operators only. */
const REFERENCES: readonly (readonly [string, number, (a: bigint, b: bigint, c: bigint) => bigint])[] = [
  ['ADD', 2, (a, b) => wrapped(a + b)],
  ['SUB', 2, (a, b) => wrapped(a - b)],
  ['MUL', 2, (a, b) => wrapped(a * b)],
  ['DIV', 2, (a, b) => (b === 0n ? 0n : a / b)],
  ['SDIV', 2, (a, b) => (b === 0n ? 0n : wrapped(signed(a) / signed(b)))],
  ['MOD', 2, (a, b) => (b === 0n ? 0n : a % b)],
  ['SMOD', 2, (a, b) => (b === 0n ? 0n : wrapped(signed(a) % signed(b)))],
  ['ADDMOD', 3, (a, b, c) => (c === 0n ? 0n : (a + b) % c)],
  ['MULMOD', 3, (a, b, c) => (c === 0n ? 0n : (a * b) % c)],
  ['SIGNEXTEND', 2, (a, b) => (a > 30n ? b : wrapped(extend(b, 8n * a + 8n)))],
  ['LT', 2, (a, b) => flag(a < b)],
  ['GT', 2, (a, b) => flag(a > b)],
  ['SLT', 2, (a, b) => flag(signed(a) < signed(b))],
  ['SGT', 2, (a, b) => flag(signed(a) > signed(b))],
  ['EQ', 2, (a, b) => flag(a === b)],
  ['ISZERO', 1, (a) => flag(a === 0n)],
  ['AND', 2, (a, b) => a & b],
  ['OR', 2, (a, b) => a | b],
  ['XOR', 2, (a, b) => a ^ b],
  ['NOT', 1, (a) => MODULUS - 1n - a],
  ['BYTE', 2, (a, b) => (a > 31n ? 0n : (b / 256n ** (31n - a)) % 256n)],
  ['SHL', 2, (a, b) => (a > 255n ? 0n : wrapped(b * 2n ** a))],
  ['SHR', 2, (a, b) => (a > 255n ? 0n : b / 2n ** a)],
  ['SAR', 2, (a, b) => wrapped(a > 255n ? (signed(b) < 0n ? -1n : 0n) : floorDivide(signed(b), 2n ** a))],
  ['CLZ', 1, (a) => BigInt(a === 0n ? 256 : 256 - a.toString(2).length)],
]

function extend(value: bigint, bits: bigint): bigint {
  const low = value % 2n ** bits
  return low >= 2n ** (bits - 1n) ? low - 2n ** bits : low
}

function floorDivide(a: bigint, b: bigint): bigint {
  return a >= 0n ? a / b : -((-a + b - 1n) / b)
}

const BOUNDARIES = [
  0n,
  1n,
  2n,
  7n,
  31n,
  32n,
  127n,
  255n,
  256n,
  2n ** 64n,
  SIGN - 1n,
  SIGN,
  SIGN + 1n,
  MODULUS - 2n,
  MODULUS - 1n,
]

/** The first operand is the top of the stack. */
function apply(name: string, operands: readonly bigint[]): bigint {
  const pushes = [...operands].reverse().map((operand) => `PUSH32 ${operand}`)
  return runCode(assemble(`${pushes.join(' ')} ${name} 0 MSTORE 32 0 RETURN`)).output
}

for (const [name, arity, reference] of REFERENCES) {
  test(`${name} agrees with its definition`, () => {
    const random = new Random(testSeed())
    const cases: bigint[][] = BOUNDARIES.flatMap((a) => BOUNDARIES.map((b) => [a, b, a ^ 3n]))
    for (let round = 0; round < 100; round++) cases.push([random.word(), random.word(), random.word()])
    for (const operands of cases) {
      const [a, b, c] = operands as [bigint, bigint, bigint]
      const taken = operands.slice(0, arity)
      assert.equal(apply(name, taken), reference(a, b, c), `${name} ${taken} (seed ${random.seed})`)
    }
  })
}

test('EXP agrees with repeated multiplication', () => {
  const random = new Random(testSeed())
  for (let round = 0; round < 60; round++) {
    const [base, exponent] = [random.word(), BigInt(random.below(300))]
    let expected = 1n
    for (let times = 0n; times < exponent; times++) expected = wrapped(expected * base)
    assert.equal(apply('EXP', [base, exponent]), expected, `${base} ^ ${exponent} (seed ${random.seed})`)
  }
  assert.equal(apply('EXP', [2n, 255n]), SIGN)
  assert.equal(apply('EXP', [0n, 0n]), 1n)
  assert.equal((apply('EXP', [3n, MODULUS - 1n]) * 3n) % MODULUS, apply('EXP', [3n, 0n]))
})

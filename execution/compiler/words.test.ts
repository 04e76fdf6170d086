import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ModuleBuilder } from '../../primitives/wasm/encoder.ts'
import { WASM_PAGE_BYTES, webAssembly } from '../../primitives/wasm/webassembly.ts'
import { Random, seedFromEnvironment } from '../../test/support/random.ts'
import { linearMemory, MEMORY_BYTES } from '../state/linear-memory.ts'
import { defineWordFunctions, type WordFunctions } from './words.ts'

const SIZE = 1n << 256n
const wrap = (value: bigint): bigint => BigInt.asUintN(256, value)
const signed = (value: bigint): bigint => BigInt.asIntN(256, value)

const functions = load()

function load(): Record<keyof WordFunctions, (...operands: (bigint | number)[]) => bigint> {
  const module = new ModuleBuilder()
  module.importMemory('pavm', 'memory', MEMORY_BYTES / WASM_PAGE_BYTES)
  defineWordFunctions(module)
  const instance = new webAssembly.Instance(new webAssembly.Module(module.encode()), {
    pavm: { memory: linearMemory().memory },
  })
  const entries = Object.entries(instance.exports).map(([name, call]) => [
    name,
    (...operands: (bigint | number)[]) => {
      const limbs = operands.flatMap((operand): (bigint | number)[] =>
        typeof operand === 'number'
          ? [operand]
          : [0n, 64n, 128n, 192n].map((shift) => BigInt.asUintN(64, operand >> shift)),
      )
      const result = (call as (...limbs: (bigint | number)[]) => bigint[])(...limbs)
      return result.reduce((sum: bigint, limb, index) => sum | (BigInt.asUintN(64, limb) << BigInt(64 * index)), 0n)
    },
  ])
  return Object.fromEntries(entries)
}

const EXPECTED: Record<string, (a: bigint, b: bigint, n: bigint) => bigint> = {
  multiply: (a, b) => wrap(a * b),
  divide: (a, b) => (b === 0n ? 0n : a / b),
  modulo: (a, b) => (b === 0n ? 0n : a % b),
  signedDivide: (a, b) => (b === 0n ? 0n : wrap(signed(a) / signed(b))),
  signedModulo: (a, b) => (b === 0n ? 0n : wrap(signed(a) % signed(b))),
  addModulo: (a, b, n) => (n === 0n ? 0n : (a + b) % n),
  multiplyModulo: (a, b, n) => (n === 0n ? 0n : (a * b) % n),
}

/** Where carries, borrows and corrections happen: next to powers of 2, of one to eight digits, and anything. */
function operand(random: Random): bigint {
  const bits = BigInt(random.below(257))
  const power = 1n << bits
  switch (random.below(8)) {
    case 0:
      return wrap(power)
    case 1:
      return wrap(power - 1n)
    case 2:
      return wrap(power + 1n)
    case 3:
      return wrap(-BigInt(random.below(4)))
    case 4:
      return BigInt(random.below(4))
    case 5:
      // Digits of all ones and zeros make Knuth's estimate wrong most often.
      return Array.from({ length: 8 }, () => [0n, 0xffff_ffffn, 0x8000_0000n, 1n][random.below(4)]!).reduce(
        (sum, digit) => (sum << 32n) | digit,
        0n,
      )
    default:
      return (
        Array.from({ length: 8 }, () => BigInt(random.below(2 ** 32))).reduce(
          (sum, digit) => (sum << 32n) | digit,
          0n,
        ) >> BigInt(random.below(256))
      )
  }
}

test('products, quotients and remainders are those of bigint', (context) => {
  const seed = seedFromEnvironment()
  context.diagnostic(`TEST_SEED=${seed}`)
  const random = new Random(seed)
  for (let round = 0; round < 20_000; round++) {
    const [a, b, n] = [operand(random), operand(random), operand(random)]
    for (const [name, expected] of Object.entries(EXPECTED)) {
      const operands = name.endsWith('Modulo') && name !== 'signedModulo' ? [a, b, n] : [a, b]
      const actual = functions[name as keyof WordFunctions](...operands)
      assert.equal(actual, expected(a, b, n), `${name} of ${operands.map((each) => `0x${each.toString(16)}`)}`)
    }
  }
})

test('powers are those of bigint', (context) => {
  const seed = seedFromEnvironment()
  context.diagnostic(`TEST_SEED=${seed}`)
  const random = new Random(seed)
  const power = (base: bigint, exponent: bigint): bigint => {
    let result = 1n
    for (let bit = 255n; bit >= 0n; bit--) {
      result = (result * result) % SIZE
      if ((exponent >> bit) & 1n) result = (result * base) % SIZE
    }
    return result
  }
  for (let round = 0; round < 500; round++) {
    const [base, exponent] = [operand(random), operand(random)]
    assert.equal(functions.power(base, exponent), power(base, exponent), `0x${base.toString(16)} ^ ${exponent}`)
  }
  // Around those of 64 bits.
  for (const base of [
    0n,
    1n,
    2n,
    3n,
    10n,
    255n,
    256n,
    65_535n,
    65_536n,
    (1n << 32n) - 1n,
    1n << 32n,
    (1n << 64n) - 1n,
  ]) {
    for (let exponent = 0n; exponent < 70n; exponent++) {
      assert.equal(functions.power(base, exponent), power(base, exponent), `${base} ^ ${exponent}`)
    }
  }
})

test('shifts are those of bigint, by every amount', (context) => {
  const seed = seedFromEnvironment()
  context.diagnostic(`TEST_SEED=${seed}`)
  const random = new Random(seed)
  for (let amount = 0; amount < 256; amount++) {
    for (let round = 0; round < 20; round++) {
      const word = operand(random)
      const by = BigInt(amount)
      assert.equal(functions.shiftLeft(amount, word), wrap(word << by))
      assert.equal(functions.shiftRight(amount, word), word >> by)
      assert.equal(functions.shiftRightSigned(amount, word), wrap(signed(word) >> by))
    }
  }
})

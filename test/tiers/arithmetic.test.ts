import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { randomWord } from '../fuzz/random-words.ts'
import { Random, seedFromEnvironment } from '../support/random.ts'
import { input, runOnTiers } from './fixtures/run-on-tiers.ts'

/** Bits of words around which the compiler does other things: one, some or all limbs, and products of two of them. */
const WIDTHS = [1, 8, 31, 32, 33, 63, 64, 65, 128, 160, 192, 255, 256]
const MODULI = [0n, 1n, 2n, 3n, 1n << 31n, 2n ** 61n - 1n, 2n ** 64n - 1n, 1n << 64n, 1n << 128n, 1n << 255n, -1n]
const INPUTS = 8

/** Of words x and y. DUP, so that a divisor is known to be what was multiplied. */
const EXPRESSIONS = [
  'DUP2 MUL DIV',
  'DUP1 SWAP2 MUL DIV',
  'DUP2 DUP2 LT SWAP2 EQ OR',
  'DUP2 DUP2 GT SWAP2 EQ 1 AND XOR',
  'DUP2 DUP2 LT ISZERO SWAP2 SLT AND',
  `DUP1 0x${'ff'.repeat(8)} AND SWAP1 0x${'ff'.repeat(20)} AND ADD AND`,
  // Words whose lowest limb is known to be 0, and the others may be.
  ...['DIV', 'MOD', 'SDIV', 'SMOD'].flatMap((name) => [`64 SHL SWAP1 ${name}`, `128 SHL SWAP1 192 SHL ${name}`]),
]

function operand(place: number, width: number): string {
  return `${32 * place} CALLDATALOAD ${256 - width} SHR`
}

/** Returns the results one behind the other, and gas. */
function program(expressions: readonly string[]): string {
  const stores = expressions.map((expression, index) => `${expression} ${32 * index} MSTORE`)
  return `${stores.join(' ')} GAS ${32 * stores.length} MSTORE ${32 * stores.length + 32} 0 RETURN`
}

function inputs(random: Random, widths: readonly number[]): Uint8Array[] {
  return Array.from({ length: INPUTS }, () =>
    input(...widths.map((width) => BigInt.asUintN(256, randomWord(random) << BigInt(256 - width)))),
  )
}

describe('words of every two widths', () => {
  const seed = seedFromEnvironment()

  for (const width of WIDTHS) {
    test(`${width} bits and others`, (context) => {
      context.diagnostic(`TEST_SEED=${seed}`)
      const random = new Random(seed)
      for (const other of WIDTHS) {
        const [x, y, n] = [operand(0, width), operand(1, other), operand(2, random.pick(WIDTHS))]
        const divisors = [n, ...MODULI.map((modulus) => `0x${BigInt.asUintN(256, modulus).toString(16)}`)]
        const code = program([
          ...EXPRESSIONS.map((expression) => `${x} ${y} ${expression}`),
          ...divisors.flatMap((divisor) => ['ADDMOD', 'MULMOD'].map((name) => `${divisor} ${y} ${x} ${name}`)),
        ])
        const ran = runOnTiers(code, { inputs: inputs(random, [width, other, 256]) }, `${width} and ${other} bits`)
        assert.ok(ran.every(({ exit }) => exit.kind === 'return'))
      }
    })
  }
})

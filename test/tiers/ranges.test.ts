import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { caseOf, gasUsed, input, resultOf, runOnTiers, sweepOnTiers } from './fixtures/run-on-tiers.ts'

/** Where limbs end, and where bounds of loops most often lie. */
const EDGES = [8n, 32n, 63n, 64n, 128n, 192n, 255n, 256n].flatMap((bits) => {
  return [-2n, -1n, 0n, 1n].map((offset) => BigInt.asUintN(256, (1n << bits) + offset))
})
const WORDS = [...new Set([0n, 1n, 2n, ...EDGES])]
const hex = (word: bigint) => `0x${word.toString(16)}`

/** Stores the results of expressions of words x and y, which stand on the stack, one behind the other. */
function program(expressions: readonly string[]): string {
  const stores = expressions.map((expression, index) => `${expression} ${32 * index} MSTORE`)
  return `32 CALLDATALOAD 0 CALLDATALOAD ${stores.join(' ')} ${32 * expressions.length} 0 RETURN`
}

/** With a word as it comes from memory, in whose place what is added may have a carry. */
test('a sum of a word and one limb has its carries, and is compared as a whole', () => {
  const addends = [1n, 2n, (1n << 64n) - 1n]
  const code = program([
    ...addends.flatMap((addend) => [
      `DUP1 ${hex(addend)} ADD`,
      `${hex(addend)} DUP2 ADD DUP1 MUL`,
      `DUP1 ${hex(addend)} ADD ISZERO`,
      `DUP1 ${hex(addend)} ADD DUP2 GT`,
      `DUP1 ${hex(addend)} ADD 3 ADD NOT`,
    ]),
    `DUP1 ${hex((1n << 64n) - 1n)} AND DUP3 ADD`,
    'DUP1 0 NOT EQ',
    '0 NOT DUP2 EQ 1 XOR',
    'DUP1 ISZERO ISZERO',
  ])
  const inputs = WORDS.flatMap((x) => [0n, 1n, (1n << 64n) - 1n].map((y) => input(x, y)))
  assert.ok(runOnTiers(code, { inputs }).every(({ exit }) => exit.kind === 'return'))
})

describe('what a comparison has said of a word holds on its branch, and on no other', () => {
  /** The condition leads to the first of two blocks, which do the same with x and y. */
  const after = (condition: string, y: string) => {
    const rest = program([
      'DUP1 1 ADD',
      'DUP1 1 ADD DUP2 GT',
      'DUP1 5 SHL 64 ADD',
      'DUP1 DUP3 LT',
      'DUP2 DUP2 LT',
      'DUP1 256 GT',
      'DUP1 DUP1 MUL',
      'DUP1 DUP3 SUB',
      'DUP2 1 ADD',
    ]).replace('32 CALLDATALOAD 0 CALLDATALOAD', '')
    return `${y} 0 CALLDATALOAD ${condition} @then JUMPI ${rest} then: ${rest}`
  }
  const CONDITIONS = ['DUP2 DUP2 LT', 'DUP2 DUP2 GT', 'DUP2 DUP2 SLT', 'DUP2 DUP2 SGT'].flatMap((comparison) => {
    return ['', ' ISZERO', ' ISZERO ISZERO', ' ISZERO ISZERO ISZERO'].map((negations) => comparison + negations)
  })

  test('where neither is known', () => {
    const inputs = WORDS.flatMap((x) => WORDS.map((y) => input(x, y)))
    for (const condition of CONDITIONS) runOnTiers(after(condition, '32 CALLDATALOAD'), { inputs }, condition)
  })

  test('where one is a constant', () => {
    const inputs = WORDS.map((x) => input(x))
    for (const condition of CONDITIONS) {
      for (const y of WORDS) {
        const ran = runOnTiers(after(condition, hex(y)), { inputs }, `${condition}, ${hex(y)}`)
        assert.ok(ran.every(({ exit }) => exit.kind === 'return'))
      }
    }
  })

  test('and not behind it, where the branches meet again', () => {
    const code = `0 CALLDATALOAD 256 DUP2 LT @small JUMPI @end JUMP small: @end JUMP
      end: DUP1 256 GT SWAP1 5 SHL 1 ADD ADD 0 MSTORE 32 0 RETURN`
    runOnTiers(code, { inputs: WORDS.map((x) => input(x)) })
  })

  test('in loops, whose counters come near the ends of a limb', () => {
    // Counts from x while below y, three times at the most; the counter and whether the next one is less are added up.
    const code = `32 CALLDATALOAD 0 0 CALLDATALOAD 0
      loop: DUP4 DUP3 LT ISZERO @end JUMPI 3 DUP2 EQ @end JUMPI
      DUP2 1 ADD DUP1 DUP4 GT SWAP1 DUP5 ADD ADD SWAP3 POP SWAP1 1 ADD SWAP1 1 ADD @loop JUMP
      end: POP ADD XOR 0 MSTORE 32 0 RETURN`
    const starts = WORDS.map((y) => [3n, 2n, 1n, 0n].map((less) => input(BigInt.asUintN(256, y - less), y)))
    const ran = runOnTiers(code, { inputs: starts.flat() })
    assert.ok(ran.every(({ exit }) => exit.kind === 'return'))
  })
})

test('a sum that cannot wrap around is not less than what was added, and one that can is', () => {
  const masks = ['0xff', hex((1n << 64n) - 1n), hex((1n << 255n) - 1n), hex((1n << 256n) - 1n)]
  const code = program(
    masks.flatMap((mask) => [
      `DUP1 ${mask} AND DUP3 ${mask} AND DUP2 DUP2 ADD GT SWAP1 POP`,
      `DUP1 ${mask} AND DUP3 ${mask} AND DUP2 DUP2 ADD LT SWAP1 POP`,
      `DUP1 ${mask} AND DUP3 ${mask} AND DUP2 ADD LT`,
      `DUP1 ${mask} AND DUP3 ${mask} AND DUP2 ADD SGT`,
    ]),
  )
  const inputs = WORDS.flatMap((x) => WORDS.map((y) => input(x, y)))
  assert.ok(runOnTiers(code, { inputs }).every(({ exit }) => exit.kind === 'return'))
})

test('a place that memory has been accessed at is near, and others are not', () => {
  // Of places computed from x, after an access at x that may not have been one.
  for (const access of [
    '7 DUP2 MSTORE',
    'DUP1 MLOAD POP',
    '9 DUP2 MSTORE8',
    '32 0 DUP3 CALLDATACOPY',
    '0 0 DUP3 CALLDATACOPY',
  ]) {
    const code = `0 CALLDATALOAD ${access} DUP1 32 CALLDATALOAD 0xff AND 5 SHL ADD
      DUP1 MSIZE GT @read JUMPI 0 MSTORE 32 0 RETURN read: MLOAD ADD 0 MSTORE 32 0 RETURN`
    const inputs = [...WORDS, 31n, 100n, 1n << 20n].flatMap((x) => [0n, 1n, 255n].map((y) => input(x, y)))
    const ran = runOnTiers(code, { inputs }, access)
    assert.ok(ran.some(({ exit }) => exit.kind === 'return'))
  }
})

test('squares by EXP cost what its exponent does, whatever the limit', () => {
  const code = '0 CALLDATALOAD 2 SWAP1 EXP 0 MSTORE 32 0 RETURN'
  const inputs = WORDS.map((x) => input(x))
  for (const [index, ran] of runOnTiers(code, { inputs }).entries()) {
    assert.equal(resultOf(ran), BigInt.asUintN(256, WORDS[index]! ** 2n))
  }
  const fuzzCase = caseOf(code, { inputs: [input(3n)] })
  const gas = gasUsed(fuzzCase)
  sweepOnTiers(fuzzCase, gas - 90n, gas + 1n)
})

test('words of call data end where the data does', () => {
  for (const length of [0, 1, 31, 32, 33, 64, 100]) {
    const offsets = [-33, -32, -31, -1, 0, 1].map((offset) => length + offset).filter((offset) => offset >= 0)
    const words = [...offsets.map(BigInt), ...WORDS, ...WORDS.map((word) => BigInt.asUintN(256, word - 32n))]
    const reads = words.map((offset, index) => `${hex(offset)} CALLDATALOAD ${32 * index} MSTORE`)
    const data = Uint8Array.from({ length }, (_, index) => index + 1)
    // The second time by an offset that is not known.
    const computed = words.map((offset, index) => {
      return `${hex(offset)} CALLDATASIZE ${length} SUB ADD CALLDATALOAD ${32 * (words.length + index)} MSTORE`
    })
    runOnTiers(`${reads.join(' ')} ${computed.join(' ')} ${64 * words.length} 0 RETURN`, { inputs: [data] })
  }
})

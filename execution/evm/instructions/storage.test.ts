import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Hardfork } from '../../../config/hardforks.ts'
import { assemble } from '../fixtures/assembler.ts'
import { CONTRACT, runCode, topOfStack } from '../fixtures/run-code.ts'

/** Writes the values to slot 0 one after the other; gas of the pushes is taken off. */
function storeAll(original: bigint, values: readonly number[], hardfork: Hardfork, isWarm = false) {
  const storage = new Map(original === 0n ? [] : [[0n, original]])
  const warming = isWarm ? 'PUSH1 0 SLOAD POP ' : ''
  const code = `${warming}${values.map((value) => `PUSH1 ${value} PUSH1 0 SSTORE`).join(' ')}`
  const { exit, gasUsed, state } = runCode(code, { hardfork, account: { storage } })
  assert.equal(exit.kind, 'return')
  const pushes = 6n * BigInt(values.length)
  return { gas: gasUsed - pushes, refund: state.refund }
}

/** Original value, values written, gas, refund: the test cases of EIP-1283, without the gas of the pushes. */
const EIP_1283 = [
  [0n, [0, 0], 400n, 0n],
  [0n, [0, 1], 20_200n, 0n],
  [0n, [1, 0], 20_200n, 19_800n],
  [0n, [1, 2], 20_200n, 0n],
  [0n, [1, 1], 20_200n, 0n],
  [1n, [0, 0], 5_200n, 15_000n],
  [1n, [0, 1], 5_200n, 4_800n],
  [1n, [0, 2], 5_200n, 0n],
  [1n, [2, 0], 5_200n, 15_000n],
  [1n, [2, 3], 5_200n, 0n],
  [1n, [2, 1], 5_200n, 4_800n],
  [1n, [2, 2], 5_200n, 0n],
  [1n, [1, 0], 5_200n, 15_000n],
  [1n, [1, 2], 5_200n, 0n],
  [1n, [1, 1], 400n, 0n],
  [0n, [1, 0, 1], 40_200n, 19_800n],
  [1n, [0, 1, 0], 10_200n, 19_800n],
] as const

test('SSTORE is charged by net change in Constantinople (EIP-1283)', () => {
  for (const [original, values, gas, refund] of EIP_1283) {
    assert.deepEqual(storeAll(original, values, 'constantinople'), { gas, refund }, `${original} ${values}`)
  }
})

/** The test cases of EIP-2200. */
const EIP_2200 = [
  [0n, [0, 0], 1_600n, 0n],
  [0n, [0, 1], 20_800n, 0n],
  [0n, [1, 0], 20_800n, 19_200n],
  [0n, [1, 2], 20_800n, 0n],
  [0n, [1, 1], 20_800n, 0n],
  [1n, [0, 0], 5_800n, 15_000n],
  [1n, [0, 1], 5_800n, 4_200n],
  [1n, [0, 2], 5_800n, 0n],
  [1n, [2, 0], 5_800n, 15_000n],
  [1n, [2, 3], 5_800n, 0n],
  [1n, [2, 1], 5_800n, 4_200n],
  [1n, [2, 2], 5_800n, 0n],
  [1n, [1, 0], 5_800n, 15_000n],
  [1n, [1, 2], 5_800n, 0n],
  [1n, [1, 1], 1_600n, 0n],
  [0n, [1, 0, 1], 40_800n, 19_200n],
  [1n, [0, 1, 0], 10_800n, 19_200n],
] as const

test('SSTORE is charged by net change from Istanbul on (EIP-2200)', () => {
  for (const [original, values, gas, refund] of EIP_2200) {
    assert.deepEqual(storeAll(original, values, 'istanbul'), { gas, refund }, `${original} ${values}`)
  }
})

test('SSTORE is charged by the current value alone before and between (Frontier, Petersburg)', () => {
  for (const hardfork of ['frontier', 'byzantium', 'petersburg'] as const) {
    assert.deepEqual(storeAll(0n, [1, 0], hardfork), { gas: 25_000n, refund: 15_000n }, hardfork)
    assert.deepEqual(storeAll(1n, [1, 2], hardfork), { gas: 10_000n, refund: 0n }, hardfork)
  }
})

test('a cold slot costs 2,100 more (EIP-2929)', () => {
  assert.deepEqual(storeAll(0n, [1], 'berlin'), { gas: 22_100n, refund: 0n })
  assert.deepEqual(storeAll(1n, [2], 'berlin'), { gas: 5_000n, refund: 0n })
  assert.deepEqual(storeAll(1n, [1], 'berlin'), { gas: 2_200n, refund: 0n })
  assert.deepEqual(storeAll(1n, [0, 1], 'berlin'), { gas: 5_100n, refund: 2_800n })
  assert.equal(storeAll(1n, [2], 'berlin', true).gas, 2_105n + 2_900n)
})

test('clearing gives back 4,800 from London on (EIP-3529)', () => {
  assert.equal(storeAll(1n, [0], 'berlin').refund, 15_000n)
  assert.equal(storeAll(1n, [0], 'london').refund, 4_800n)
  assert.equal(storeAll(1n, [0, 1], 'london').refund, 2_800n)
})

test('with the stipend or less SSTORE halts without looking at the slot (EIP-2200, EIP-7928)', () => {
  const code = '1 1 SSTORE'
  const short = runCode(code, { gas: 2_306n })
  assert.deepEqual(short.exit, { kind: 'halt', cause: 'out-of-gas' })
  assert.equal(short.state.endTransaction().effects.reads.get(CONTRACT)?.slots.length ?? 0, 0)
  // A unit more and the slot is looked at, though 22,100 cannot be paid.
  const enough = runCode(code, { gas: 2_307n })
  assert.deepEqual(enough.exit, { kind: 'halt', cause: 'out-of-gas' })
  assert.deepEqual([...(enough.state.endTransaction().effects.reads.get(CONTRACT)?.slots ?? [])], [1n])
  assert.equal(runCode(code, { gas: 22_106n }).exit.kind, 'return')
  assert.equal(runCode(code, { gas: 22_105n }).exit.kind, 'halt')
})

test('an SLOAD that is not paid for is not recorded (EIP-7928)', () => {
  const read = (gas: bigint) => runCode('5 SLOAD', { gas }).state.endTransaction().effects.reads.get(CONTRACT)
  assert.deepEqual([...(read(2_103n)?.slots ?? [])], [5n])
  assert.deepEqual([...(read(2_102n)?.slots ?? [])], [])
})

test('nothing is written in a static context (EIP-214, EIP-1153)', () => {
  for (const code of ['1 1 SSTORE', '1 1 TSTORE']) {
    assert.deepEqual(runCode(code, { isStatic: true }).exit, { kind: 'halt', cause: 'write-in-static-context' })
  }
})

test('transient storage is read back, undone by a revert, and costs 100 (EIP-1153)', () => {
  assert.equal(topOfStack('7 3 TSTORE 3 TLOAD'), 7n)
  assert.equal(runCode('PUSH1 7 PUSH1 3 TSTORE').gasUsed, 106n)
  // Stores 9 and reverts when called with data, else calls itself so and loads.
  const code =
    'CALLDATASIZE 31 JUMPI 0 0 1 0 0 ADDRESS GAS CALL POP 3 TLOAD 0 MSTORE 32 0 RETURN JUMPDEST 9 3 TSTORE 0 0 REVERT'
  const bytes = assemble(code)
  const destination = bytes.indexOf(0x5b)
  const { exit, output } = runCode(assemble(code.replace('31', `${destination}`)))
  assert.equal(exit.kind, 'return')
  assert.equal(output, 0n)
})

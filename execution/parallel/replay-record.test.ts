import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ZERO_ADDRESS } from '../../primitives/hex.ts'
import { BlockError } from '../block/block-error.ts'
import type { SystemOutcome, TransactionOutcome } from '../block/outcome.ts'
import { ExecutionError } from './execution-error.ts'
import { toPlainError } from './plain-error.ts'
import type { RunResult } from './protocol.ts'
import { ReplayRecord } from './replay-record.ts'
import { type Bundle, type Run, SYSTEM_GROUP } from './scheduler.ts'

const EFFECTS = { reads: new Map(), writes: new Map(), credits: new Map() }
const SYSTEM: SystemOutcome = { ...EFFECTS, requests: [] }

function outcome(gasUsed: bigint): TransactionOutcome {
  return { ...EFFECTS, sender: ZERO_ADDRESS, succeeded: true, gasUsed, logs: [], output: new Uint8Array() }
}

function run(group: number, transactions: readonly number[], step: Run['step'] = 'transactions'): Run {
  return { step, group, transactions, gas: 1 }
}

const BUNDLES: readonly Bundle[] = [
  [run(0, [0, 2]), run(1, [1])],
  [run(2, [3]), run(SYSTEM_GROUP, [], 'before'), run(SYSTEM_GROUP, [], 'after')],
]

/** A record of four transactions of 10 gas each in a block of 60. */
function newRecord(): ReplayRecord {
  const transactions = [0, 1, 0, 2].map((group) => ({ gasUsed: 10n, reads: [], group }))
  return new ReplayRecord({ plan: { transactions }, bundles: BUNDLES, gasLimit: 60n, startNs: 1_000n })
}

function result(index: number, gas: readonly bigint[], more: Partial<RunResult> = {}): RunResult {
  return {
    run: index,
    startNs: 3_000n,
    durationNs: 2_000n,
    transactions: gas.map(outcome),
    usesOtherGas: false,
    ...more,
  }
}

const OTHER_GAS = { usesOtherGas: true }

function invalid(transaction: number): Pick<RunResult, 'failure'> {
  const error = new BlockError('invalid-transaction', 'no', { transaction })
  return { failure: { sender: ZERO_ADDRESS, error: toPlainError(error) } }
}

test('results in any order, and told twice, come out in block order', () => {
  const record = newRecord()
  const second = [result(0, [10n]), result(1, [], { system: SYSTEM }), result(2, [], { system: SYSTEM })]
  const first = [result(0, [10n, 10n]), result(1, [10n])]
  for (const [bundle, runs] of [
    [1, second],
    [0, first],
    [1, second],
    [0, first],
  ] as const) {
    assert.equal(record.accept({ bundle, isComplete: true, runs }, 3), true)
  }
  assert.equal(record.stop, undefined)
  assert.equal(record.outcomesBefore(4)?.length, 4)
  assert.deepEqual([record.before, record.after], [SYSTEM, SYSTEM])
  assert.equal(record.entries.length, 5)
  assert.deepEqual(
    record.entries.find(({ group }) => group === 0),
    { worker: 3, group: 0, transactions: [0, 2], startUs: 2, durationUs: 2, gasUsed: 20n },
  )
})

test('of several things found wrong the first in the block counts', () => {
  const record = newRecord()
  record.accept({ bundle: 1, isComplete: false, runs: [result(0, [], invalid(3))] }, 0)
  assert.equal(record.stop?.index, 3)
  assert.equal(record.outcomesBefore(3), undefined)
  record.accept({ bundle: 0, isComplete: true, runs: [result(0, [11n], OTHER_GAS), result(1, [10n])] }, 0)
  assert.equal(record.stop?.index, 1)
  assert.equal(record.stop?.verdict.code, 'wrong-gas-used')
  assert.deepEqual(record.stop?.verdict.details, { transaction: 0, claimed: 10n, actual: 11n })
  record.accept({ bundle: 1, isComplete: true, runs: [result(0, [], invalid(3))] }, 0)
  assert.equal(record.stop?.index, 1)
})

test('a transaction that uses other gas than claimed stops the record even as the last of its run', () => {
  const record = newRecord()
  record.accept({ bundle: 0, isComplete: true, runs: [result(0, [10n, 9n], OTHER_GAS), result(1, [10n])] }, 0)
  assert.equal(record.stop?.index, 3)
  assert.deepEqual(record.stop?.verdict.details, { transaction: 2, claimed: 10n, actual: 9n })
})

test('when the transactions use more gas than the block has, there is no going on', () => {
  const record = newRecord()
  assert.equal(record.accept({ bundle: 0, isComplete: false, runs: [result(0, [61n])] }, 0), false)
})

test('what is no verdict on the block is thrown', () => {
  const error = toPlainError(new ExecutionError('state-unavailable', 'not here'))
  const failure = { sender: undefined, error }
  const bundle = { bundle: 0, isComplete: false, runs: [result(0, [], { failure })] }
  assert.throws(() => newRecord().accept(bundle, 0), { name: 'ExecutionError', code: 'state-unavailable' })
  const bug = { sender: undefined, error: toPlainError(new TypeError('a bug')) }
  const threw = { bundle: 0, isComplete: false, runs: [result(0, [], { failure: bug })] }
  assert.throws(() => newRecord().accept(threw, 0), { name: 'ExecutionError', code: 'worker-threw' })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteWriter } from '../../primitives/byte-stream.ts'
import { ZERO_ADDRESS } from '../../primitives/hex.ts'
import { BlockError } from '../block/block-error.ts'
import type { SystemOutcome } from '../block/outcome.ts'
import { ExecutionError } from './execution-error.ts'
import { toPlainError } from './plain-error.ts'
import type { BundleResult, ReplayFailure } from './protocol.ts'
import { ReplayRecord } from './replay-record.ts'
import { type ReplayedTransaction, type RunResult, writeRunResult } from './run-result.ts'
import { type Bundle, type Run, SYSTEM_GROUP } from './scheduler.ts'

const EFFECTS = { reads: new Map(), writes: new Map(), credits: new Map() }
const SYSTEM: SystemOutcome = { ...EFFECTS, requests: [] }

function replayed(gasUsed: bigint): ReplayedTransaction {
  const outcome = { ...EFFECTS, sender: ZERO_ADDRESS, succeeded: true, gasUsed, logs: [], output: new Uint8Array() }
  const receipt = {
    type: 0,
    status: true,
    cumulativeGasUsed: gasUsed,
    logsBloom: new Uint8Array(256),
    logs: [],
  } as const
  return { outcome, receipt, isAsClaimed: true }
}

function run(group: number, transactions: readonly number[], step: Run['step'] = 'transactions'): Run {
  return { step, group, transactions, gas: 1, isWhole: true }
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
    transactions: gas.map(replayed),
    usesOtherGas: false,
    ...more,
  }
}

const OTHER_GAS = { usesOtherGas: true }

function invalid(transaction: number): ReplayFailure {
  const error = new BlockError('invalid-transaction', 'no', { transaction })
  return { sender: ZERO_ADDRESS, error: toPlainError(error) }
}

/** As it comes from a thread; a failure is of the first run. */
function bundleResult(bundle: number, runs: readonly RunResult[], failure?: ReplayFailure): BundleResult {
  const writer = new ByteWriter()
  for (const run of runs) writeRunResult(run, writer)
  const memory = new SharedArrayBuffer(writer.length)
  new Uint8Array(memory).set(writer.bytes)
  return { bundle, isComplete: true, runs: memory, failures: failure === undefined ? [] : [{ run: 0, ...failure }] }
}

test('results in any order, and told twice, come out in block order', () => {
  const record = newRecord()
  const system = { outcome: SYSTEM, isAsClaimed: true }
  const second = [result(0, [10n]), result(1, [], { system }), result(2, [], { system })]
  const first = [result(0, [10n, 10n]), result(1, [10n])]
  for (const [bundle, runs] of [
    [1, second],
    [0, first],
    [1, second],
    [0, first],
  ] as const) {
    assert.equal(record.accept(bundleResult(bundle, runs), 3), true)
  }
  assert.equal(record.stop, undefined)
  assert.equal(record.transactionsBefore(4)?.length, 4)
  assert.deepEqual([record.before, record.after], [system, system])
  assert.equal(record.entries.length, 5)
  assert.deepEqual(
    record.entries.find(({ group }) => group === 0),
    { worker: 3, group: 0, transactions: [0, 2], startUs: 2, durationUs: 2, gasUsed: 20n },
  )
})

test('of several things found wrong the first in the block counts', () => {
  const record = newRecord()
  record.accept(bundleResult(1, [result(0, [])], invalid(3)), 0)
  assert.equal(record.stop?.index, 3)
  assert.equal(record.transactionsBefore(3), undefined)
  record.accept(bundleResult(0, [result(0, [11n], OTHER_GAS), result(1, [10n])]), 0)
  assert.equal(record.stop?.index, 1)
  assert.equal(record.stop?.verdict.code, 'wrong-gas-used')
  assert.deepEqual(record.stop?.verdict.details, { transaction: 0, claimed: 10n, actual: 11n })
  record.accept(bundleResult(1, [result(0, [])], invalid(3)), 0)
  assert.equal(record.stop?.index, 1)
})

test('a transaction that uses other gas than claimed stops the record even as the last of its run', () => {
  const record = newRecord()
  record.accept(bundleResult(0, [result(0, [10n, 9n], OTHER_GAS), result(1, [10n])]), 0)
  assert.equal(record.stop?.index, 3)
  assert.deepEqual(record.stop?.verdict.details, { transaction: 2, claimed: 10n, actual: 9n })
})

test('when the transactions use more gas than the block has, there is no going on', () => {
  const record = newRecord()
  assert.equal(record.accept(bundleResult(0, [result(0, [61n])]), 0), false)
})

test('what is no verdict on the block is thrown', () => {
  const error = toPlainError(new ExecutionError('state-unavailable', 'not here'))
  const bundle = bundleResult(0, [result(0, [])], { sender: undefined, error })
  assert.throws(() => newRecord().accept(bundle, 0), { name: 'ExecutionError', code: 'state-unavailable' })
  const bug = { sender: undefined, error: toPlainError(new TypeError('a bug')) }
  const threw = bundleResult(0, [result(0, [])], bug)
  assert.throws(() => newRecord().accept(threw, 0), { name: 'ExecutionError', code: 'worker-threw' })
})

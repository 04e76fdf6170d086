import assert from 'node:assert/strict'
import { afterEach, describe, test } from 'node:test'
import { BEACON_ROOTS_ADDRESS } from '../../config/system-contracts.ts'
import type { Transaction } from '../../primitives/transaction.ts'
import type { TransactionOutcome } from '../block/outcome.ts'
import { assemble } from '../evm/fixtures/assembler.ts'
import { CALLER, CONTRACT, OTHER, testEnvironment } from '../evm/fixtures/run-code.ts'
import { MemoryView } from '../state/memory-view.ts'
import { WorldState } from '../state/world-state.ts'
import { applyTransaction } from '../transaction/apply.ts'
import { simulateCall } from '../transaction/simulate-call.ts'
import { runBeforeBlock } from '../transaction/system-calls.ts'
import { setTier, type Tier, withFallback } from './execute.ts'
import { MachineLimitError } from './machine-limit.ts'

// Without the limit on a transaction's gas (EIP-7825).
const ENVIRONMENT = testEnvironment('prague', { gasLimit: 1n << 70n })

function stateWith(code: string): WorldState {
  const view = new MemoryView([
    [CALLER, { balance: 10n ** 30n }],
    [CONTRACT, { code: assemble(code), storage: new Map([[1n, 1n]]) }],
    [OTHER, { code: assemble('7 8 SSTORE 0 0 LOG0') }],
    [BEACON_ROOTS_ADDRESS, { code: assemble('0 CALLDATALOAD NUMBER SSTORE') }],
  ])
  return new WorldState({ rules: ENVIRONMENT.rules, record: true }, { view })
}

function transaction(gasLimit: bigint): Transaction {
  return {
    type: 0,
    nonce: 0n,
    gasPrice: 10n,
    gasLimit,
    to: CONTRACT,
    value: 5n,
    data: Uint8Array.of(1, 2, 3),
    v: 37n,
    r: 1n,
    s: 1n,
  }
}

const chosen = setTier('interpreter')
afterEach(() => setTier(chosen))

/** What the transaction does, and the one after it on the same state. */
function outcomes(tier: Tier, code: string, gasLimit: bigint): TransactionOutcome[] {
  setTier(tier)
  const state = stateWith(code)
  return [0n, 1n].map((nonce) =>
    applyTransaction({ ...transaction(nonce === 0n ? gasLimit : 200_000n), nonce }, CALLER, ENVIRONMENT, state),
  )
}

describe('what the machine is too small for runs on the reference interpreter', () => {
  /** Reads, writes, warms, logs and calls before and behind the place where it gets too much. */
  const around = (middle: string) =>
    `1 SLOAD 1 ADD 1 SSTORE 3 0 SSTORE 0 1 TSTORE 9 32 0 LOG1 0 0 0 0 0 0x07e4 GAS CALL POP ${middle} 4 SLOAD POP 2 0 LOG0`

  test('for its gas', () => {
    const code = around('')
    const [first, second] = outcomes('interpreter', code, 1n << 64n)
    assert.deepEqual([first, second], outcomes('reference', code, 1n << 64n))
    assert.equal(first!.succeeded, true)
    assert.equal(first!.logs.length, 3)
  })

  test('for its memory, half of the transaction done', () => {
    // 600 MB, paid for: the machine has less.
    const code = around('600000000 MLOAD POP')
    const [first, second] = outcomes('interpreter', code, 1n << 41n)
    assert.deepEqual([first, second], outcomes('reference', code, 1n << 41n))
    assert.equal(first!.succeeded, true)
    assert.equal(second!.error, 'out-of-gas')
  })

  test('in calls without a signature', () => {
    const call = { from: CALLER, to: CONTRACT, gasLimit: 1n << 65n }
    const run = (tier: Tier) => {
      setTier(tier)
      return simulateCall(call, ENVIRONMENT, stateWith('GAS 0 MSTORE 32 0 RETURN'))
    }
    assert.deepEqual(run('interpreter'), run('reference'))
  })
})

test('a second attempt begins anew, is the last, and leaves the choice of the engine as it was', () => {
  let attempts = 0
  const tooSmall = () => {
    attempts++
    throw new MachineLimitError('too small')
  }
  assert.throws(() => withFallback(tooSmall), MachineLimitError)
  assert.equal(attempts, 2)
  assert.throws(
    () =>
      withFallback(() => {
        attempts++
        throw new RangeError('another error')
      }),
    RangeError,
  )
  assert.equal(attempts, 3)
})

test('system calls run on either engine', () => {
  const run = (tier: Tier) => {
    setTier(tier)
    const environment = { ...ENVIRONMENT, parentBeaconBlockRoot: `0x${'11'.repeat(32)}` as const }
    return runBeforeBlock(environment, `0x${'22'.repeat(32)}`, stateWith('STOP'))
  }
  assert.deepEqual(run('interpreter'), run('reference'))
  assert.equal(run('interpreter').writes.get(BEACON_ROOTS_ADDRESS)?.slots?.size, 1)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EMPTY_BYTES } from '../../primitives/bytes.ts'
import { type Address, bytesToHex, wordToAddress } from '../../primitives/hex.ts'
import type { AccessListItem } from '../../primitives/transaction.ts'
import type { CallOutcome, CallRequest } from '../call.ts'
import { assemble } from '../evm/fixtures/assembler.ts'
import { CALLER, CONTRACT, OTHER, testEnvironment } from '../evm/fixtures/run-code.ts'
import type { Tracer } from '../evm/tracer.ts'
import { type MemoryAccount, MemoryView } from '../state/memory-view.ts'
import { WorldState } from '../state/world-state.ts'
import { createAccessList } from './create-access-list.ts'
import { estimateGas, gasBounds } from './estimate-gas.ts'
import { simulateCall } from './simulate-call.ts'
import { TransactionError } from './transaction-error.ts'

const ENVIRONMENT = testEnvironment()

function simulate(
  request: Partial<CallRequest>,
  accounts: Iterable<readonly [Address, MemoryAccount]> = [],
  tracer?: Tracer,
): CallOutcome {
  const state = new WorldState({ rules: ENVIRONMENT.rules, record: false }, { view: new MemoryView(accounts) })
  return simulateCall({ from: CALLER, to: CONTRACT, ...request }, ENVIRONMENT, state, { tracer })
}

const contract = (source: string): [Address, MemoryAccount][] => [[CONTRACT, { nonce: 1n, code: assemble(source) }]]
const failsWith = (code: string) => (error: unknown) => error instanceof TransactionError && error.code === code

test('a call without a price is free, for a sender who has nothing', () => {
  const outcome = simulate({}, contract('BASEFEE 0 MSTORE GASPRICE 32 MSTORE CALLER 64 MSTORE 96 0 RETURN'))
  assert.equal(outcome.succeeded, true)
  assert.equal(bytesToHex(outcome.output), `0x${'0'.repeat(128)}${CALLER.slice(2).padStart(64, '0')}`)
})

test('a contract may be the sender, and the nonce does not matter', () => {
  const accounts = [...contract('STOP'), [CALLER, { nonce: 9n, code: assemble('STOP') }]] as const
  assert.equal(simulate({ nonce: 3n }, accounts).succeeded, true)
})

test('prices that are named are checked and paid', () => {
  const rich: [Address, MemoryAccount][] = [
    [CALLER, { balance: 10n ** 18n }],
    ...contract('GASPRICE 0 MSTORE 32 0 RETURN'),
  ]
  const price = (request: Partial<CallRequest>) => BigInt(bytesToHex(simulate(request, rich).output))
  assert.equal(price({ gasPrice: 11n }), 11n)
  assert.equal(price({ maxFeePerGas: 20n, maxPriorityFeePerGas: 2n }), 9n)
  assert.equal(price({ maxFeePerGas: 8n, maxPriorityFeePerGas: 2n }), 8n)
  assert.throws(() => simulate({ gasPrice: 6n }, rich), failsWith('fee-cap-below-base-fee'))
  assert.throws(
    () => simulate({ maxFeePerGas: 8n, maxPriorityFeePerGas: 9n }, rich),
    failsWith('priority-fee-above-fee-cap'),
  )
  assert.throws(() => simulate({ gasPrice: 7n }, contract('STOP')), failsWith('insufficient-funds'))
})

test('value and intrinsic gas are needed', () => {
  assert.throws(() => simulate({ value: 1n }), failsWith('insufficient-funds'))
  assert.throws(() => simulate({ gasLimit: 20_999n }), failsWith('intrinsic-gas-too-low'))
  assert.equal(simulate({ gasLimit: 21_000n }).gasUsed, 21_000n)
})

test('a failure is an outcome', () => {
  const outcome = simulate({}, contract('7 0 MSTORE 32 0 REVERT'))
  assert.deepEqual([outcome.succeeded, outcome.error, outcome.output.length], [false, 'revert', 32])
  assert.equal(simulate({}, contract('INVALID')).error, 'invalid-opcode')
})

/** Runs with the limit given, counting. */
function estimate(request: Partial<CallRequest>, accounts: Iterable<readonly [Address, MemoryAccount]>) {
  const full = { from: CALLER, to: CONTRACT, ...request }
  let runs = 0
  const result = estimateGas(
    (gasLimit) => {
      runs++
      return simulate({ ...request, gasLimit }, accounts)
    },
    gasBounds(full, ENVIRONMENT, 0n),
  )
  return { result, runs }
}

test('a plain transfer is estimated in two runs', () => {
  assert.deepEqual(estimate({}, []), { result: { gasLimit: 21_000n }, runs: 2 })
})

test('an estimate is the least that suffices', () => {
  // Passes on a fixed amount, so that much more must be at hand than is used; and clears slots, which gives gas back.
  const inner = `PUSH1 0 PUSH1 0 PUSH1 0 PUSH1 0 PUSH1 0 PUSH20 ${BigInt(OTHER)} PUSH3 300000 CALL POP`
  const enough = 'PUSH3 200000 GAS GT PUSH1 10 JUMPI INVALID JUMPDEST STOP'
  const programs = [
    contract('PUSH1 0 PUSH1 1 SSTORE PUSH1 0 PUSH1 2 SSTORE PUSH1 0 PUSH1 3 SSTORE'),
    [...contract(inner), [OTHER, { code: assemble('STOP') }] as [Address, MemoryAccount]],
    contract(enough),
  ]
  programs[0]![0]![1] = { ...programs[0]![0]![1], storage: new Map([1n, 2n, 3n].map((slot) => [slot, 1n])) }
  for (const [index, accounts] of programs.entries()) {
    const { result, runs } = estimate({}, accounts)
    assert.ok('gasLimit' in result && runs < 40, `program ${index}`)
    assert.equal(simulate({ gasLimit: result.gasLimit }, accounts).succeeded, true, `program ${index}`)
    assert.equal(simulate({ gasLimit: result.gasLimit - 1n }, accounts).succeeded, false, `program ${index}`)
  }
})

test('what fails with all gas is not estimated', () => {
  const { result, runs } = estimate({}, contract('7 0 MSTORE 32 0 REVERT'))
  assert.ok('succeeded' in result && result.error === 'revert')
  assert.equal(runs, 1)
})

test('the bounds of an estimate follow request, block, hardfork and balance', () => {
  const request = { from: CALLER, to: CONTRACT, data: EMPTY_BYTES }
  const highest = (changes: Partial<CallRequest>, balance = 0n, gasLimit = 30_000_000n) =>
    gasBounds({ ...request, ...changes }, { rules: ENVIRONMENT.rules, gasLimit }, balance).highest
  assert.equal(highest({}), 16_777_216n)
  assert.equal(highest({}, 0n, 1_000_000n), 1_000_000n)
  assert.equal(highest({ gasLimit: 50_000n }), 50_000n)
  assert.equal(highest({ gasPrice: 10n, value: 5n }, 1_000_005n), 100_000n)
  assert.equal(gasBounds({ ...request, data: new Uint8Array(100).fill(1) }, ENVIRONMENT, 0n).lowest, 25_000n)
})

test('the access list holds what a call accesses, frames that fail included', () => {
  const third = wordToAddress(0x3dn)
  const accounts: [Address, MemoryAccount][] = [
    ...contract(
      `1 SLOAD PUSH20 ${BigInt(third)} BALANCE 0 0 0 0 PUSH20 ${BigInt(OTHER)} 50000 STATICCALL 4 BALANCE CALLER BALANCE`,
    ),
    [OTHER, { nonce: 1n, code: assemble('9 SLOAD 7 SLOAD INVALID') }],
  ]
  const seen: (readonly AccessListItem[])[] = []
  const { accessList, outcome } = createAccessList(
    ({ from, to, accessList: list }, tracer) => {
      seen.push(list ?? [])
      return simulate({ from, to, accessList: list }, accounts, tracer)
    },
    { from: CALLER, to: CONTRACT },
    ENVIRONMENT,
    0n,
  )
  assert.equal(outcome.succeeded, true)
  assert.deepEqual(
    accessList,
    [
      { address: CONTRACT, slots: [1n] },
      { address: OTHER, slots: [7n, 9n] },
      { address: third, slots: [] },
    ].sort((a, b) => (a.address < b.address ? -1 : 1)),
  )
  assert.deepEqual(seen, [[], accessList])
})

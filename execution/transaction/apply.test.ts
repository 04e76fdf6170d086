import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Hardfork } from '../../config/hardforks.ts'
import { EMPTY_BYTES } from '../../primitives/bytes.ts'
import { createAddress } from '../../primitives/contract-address.ts'
import { type Address, bytesToHex, type Hash, ZERO_ADDRESS } from '../../primitives/hex.ts'
import { privateKeyToAddress } from '../../primitives/secp256k1.ts'
import { type Authorization, signAuthorization, type Transaction } from '../../primitives/transaction.ts'
import type { BlockEnvironment } from '../block/environment.ts'
import { delegationCode } from '../evm/delegation.ts'
import { assemble } from '../evm/fixtures/assembler.ts'
import { CALLER, COINBASE, CONTRACT, OTHER, testEnvironment } from '../evm/fixtures/run-code.ts'
import { type MemoryAccount, MemoryView } from '../state/memory-view.ts'
import { WorldState } from '../state/world-state.ts'
import { applyTransaction } from './apply.ts'
import { TransactionError } from './transaction-error.ts'

const UNSIGNED = { r: 1n, s: 1n }
const BLOB_HASH: Hash = `0x01${'00'.repeat(31)}`

type Changes = Partial<Record<string, unknown>>

function legacy(changes: Changes = {}): Transaction {
  return {
    type: 0,
    nonce: 0n,
    gasPrice: 10n,
    gasLimit: 100_000n,
    to: OTHER,
    value: 0n,
    data: EMPTY_BYTES,
    v: 37n,
    ...UNSIGNED,
    ...changes,
  } as Transaction
}

function feeMarket(changes: Changes = {}): Transaction {
  return {
    type: 2,
    chainId: 1n,
    nonce: 0n,
    maxPriorityFeePerGas: 2n,
    maxFeePerGas: 20n,
    gasLimit: 100_000n,
    to: OTHER,
    value: 0n,
    data: EMPTY_BYTES,
    accessList: [],
    yParity: 0n,
    ...UNSIGNED,
    ...changes,
  } as Transaction
}

const blob = (changes: Changes = {}) =>
  feeMarket({ type: 3, maxFeePerBlobGas: 1n, blobVersionedHashes: [BLOB_HASH], ...changes })

interface ApplyOptions {
  readonly hardfork?: Hardfork
  readonly sender?: MemoryAccount
  readonly accounts?: readonly (readonly [Address, MemoryAccount])[]
  readonly environment?: Partial<BlockEnvironment>
}

function apply(transaction: Transaction, options: ApplyOptions = {}) {
  const environment = testEnvironment(options.hardfork, options.environment)
  const view = new MemoryView([[CALLER, { balance: 10n ** 18n, ...options.sender }], ...(options.accounts ?? [])])
  const state = new WorldState({ rules: environment.rules, record: true }, { view })
  const outcome = applyTransaction(transaction, CALLER, environment, state)
  return { outcome, state }
}

test('a transfer costs 21,000 at the effective price, and nobody looks at whom it pays', () => {
  const { outcome, state } = apply(feeMarket({ value: 5n }), { accounts: [[OTHER, { balance: 7n }]] })
  assert.equal(outcome.succeeded, true)
  assert.equal(outcome.gasUsed, 21_000n)
  // Base fee 7 and tip 2.
  assert.equal(outcome.writes.get(CALLER)?.balance, 10n ** 18n - 21_000n * 9n - 5n)
  assert.equal(outcome.writes.get(CALLER)?.nonce, 1n)
  assert.equal(outcome.credits.get(OTHER), 5n)
  assert.equal(outcome.credits.get(COINBASE), 42_000n)
  assert.equal(outcome.reads.get(OTHER)?.balance, false)
  assert.equal(outcome.reads.get(COINBASE)?.balance, false)
  assert.deepEqual(outcome.reads.get(CALLER), { balance: true, nonce: true, code: true, slots: [] })
  assert.match(outcome.operationsHash ?? '', /^0x[0-9a-f]{64}$/)
  assert.equal(state.diff().accounts.get(OTHER)?.account?.to?.balance, 12n)
})

test('a coinbase that gets nothing is met all the same (EIP-7928)', () => {
  const { outcome } = apply(feeMarket({ maxPriorityFeePerGas: 0n }))
  assert.equal(outcome.credits.has(COINBASE), false)
  assert.equal(outcome.reads.has(COINBASE), true)
})

test('addresses of an access list are not met by being listed (EIP-7928)', () => {
  const { outcome } = apply(feeMarket({ accessList: [{ address: CONTRACT, slots: [1n] }] }))
  assert.equal(outcome.reads.has(CONTRACT), false)
  assert.equal(outcome.gasUsed, 21_000n + 2_400n + 1_900n)
})

test('an access list makes its slots warm (EIP-2930)', () => {
  const accounts = [[OTHER, { code: assemble('PUSH1 1 SLOAD') }]] as const
  const cold = apply(feeMarket(), { accounts }).outcome.gasUsed
  const warm = apply(feeMarket({ accessList: [{ address: OTHER, slots: [1n] }] }), { accounts }).outcome.gasUsed
  assert.equal(cold, 21_000n + 3n + 2_100n)
  assert.equal(warm, 21_000n + 3n + 100n + 2_400n + 1_900n)
})

test('a creation deploys at the address of the nonce, and its failure takes all gas', () => {
  const { outcome } = apply(feeMarket({ to: undefined, data: assemble('1 0 RETURN') }))
  const contract = createAddress(CALLER, 0n)
  assert.equal(outcome.contractAddress, contract)
  assert.deepEqual(outcome.writes.get(contract)?.code?.bytes, Uint8Array.of(0))
  const failed = apply(feeMarket({ to: undefined, data: assemble('INVALID') })).outcome
  assert.deepEqual([failed.succeeded, failed.error, failed.gasUsed], [false, 'invalid-opcode', 100_000n])
  assert.equal(failed.contractAddress, undefined)
  assert.equal(failed.writes.get(CALLER)?.nonce, 1n)
})

test('a revert keeps the gas that is left and gives its data', () => {
  const accounts = [[OTHER, { code: assemble('7 0 MSTORE 32 0 REVERT') }]] as const
  const { outcome } = apply(feeMarket({ value: 3n }), { accounts })
  assert.deepEqual([outcome.succeeded, outcome.error], [false, 'revert'])
  assert.equal(bytesToHex(outcome.output), `0x${'7'.padStart(64, '0')}`)
  assert.ok(outcome.gasUsed < 21_100n)
  assert.equal(outcome.credits.has(OTHER), false)
})

test('refunds are a fifth at most, before London a half (EIP-3529)', () => {
  const code = assemble('PUSH1 0 PUSH1 1 SSTORE PUSH1 0 PUSH1 2 SSTORE')
  const storage = new Map([1n, 2n].map((slot) => [slot, 1n]))
  const gasUsed = (hardfork: Hardfork) =>
    apply(legacy(), { hardfork, accounts: [[OTHER, { code, storage }]] }).outcome.gasUsed
  const berlin = 21_000n + 12n + 10_000n
  assert.equal(gasUsed('berlin'), berlin - berlin / 2n)
  assert.equal(gasUsed('london'), berlin - berlin / 5n)
})

test('call data has a floor price from Prague on (EIP-7623)', () => {
  const data = new Uint8Array(1000).fill(1)
  assert.equal(apply(feeMarket({ data }), { hardfork: 'cancun' }).outcome.gasUsed, 21_000n + 16_000n)
  assert.equal(apply(feeMarket({ data })).outcome.gasUsed, 21_000n + 40_000n)
})

test('blobs are paid for and burnt (EIP-4844)', () => {
  const { outcome } = apply(blob(), { environment: { excessBlobGas: 0n } })
  assert.equal(outcome.writes.get(CALLER)?.balance, 10n ** 18n - 21_000n * 9n - 131_072n)
})

const AUTHORITY_KEY = new Uint8Array(32).fill(9)
const AUTHORITY = privateKeyToAddress(AUTHORITY_KEY)
const authorize = (changes: Partial<Authorization> = {}) =>
  signAuthorization({ chainId: 1n, address: CONTRACT, nonce: 0n, ...changes }, AUTHORITY_KEY)
const setCode = (...authorizationList: Authorization[]) => feeMarket({ type: 4, authorizationList, gasLimit: 200_000n })

test('an authorization sets the code, resets it, and counts the nonce (EIP-7702)', () => {
  const { outcome } = apply(setCode(authorize()))
  assert.deepEqual(outcome.writes.get(AUTHORITY)?.code?.bytes, delegationCode(CONTRACT))
  assert.equal(outcome.writes.get(AUTHORITY)?.nonce, 1n)
  assert.equal(outcome.gasUsed, 46_000n)
  // What it delegates to is not met.
  assert.equal(outcome.reads.has(CONTRACT), false)
  const existing = [[AUTHORITY, { nonce: 5n, code: delegationCode(CONTRACT) }]] as const
  const reset = apply(setCode(authorize({ nonce: 5n, address: ZERO_ADDRESS })), { accounts: existing }).outcome
  assert.equal(reset.writes.get(AUTHORITY)?.code?.bytes.length, 0)
  // 12,500 come back, but a fifth at most.
  assert.equal(reset.gasUsed, 46_000n - 9_200n)
})

test('authorizations that do not hold are left out (EIP-7702)', () => {
  const isSet = (authorization: Authorization, account: MemoryAccount = {}) =>
    apply(setCode(authorization), { accounts: [[AUTHORITY, account]] }).outcome.writes.has(AUTHORITY)
  assert.equal(isSet(authorize()), true)
  assert.equal(isSet(authorize({ chainId: 0n })), true)
  assert.equal(isSet(authorize({ chainId: 2n })), false)
  assert.equal(isSet(authorize({ nonce: 1n })), false)
  assert.equal(isSet(authorize({ nonce: 2n ** 64n - 1n }), { nonce: 2n ** 64n - 1n }), false)
  assert.equal(isSet(authorize(), { code: assemble('STOP') }), false)
  assert.equal(isSet({ ...authorize(), yParity: 2n }), false)
})

test('authorizations outlive a failing transaction (EIP-7702)', () => {
  const accounts = [[OTHER, { code: assemble('INVALID') }]] as const
  const { outcome } = apply(setCode(authorize()), { accounts })
  assert.equal(outcome.succeeded, false)
  assert.equal(outcome.writes.get(AUTHORITY)?.nonce, 1n)
})

const CONTRACT_CODE = { code: assemble('STOP') }

const REFUSALS: readonly (readonly [string, Transaction, ApplyOptions])[] = [
  ['transaction-type-not-supported', feeMarket(), { hardfork: 'berlin' }],
  ['transaction-type-not-supported', blob(), { hardfork: 'shanghai' }],
  ['wrong-chain-id', feeMarket({ chainId: 2n }), {}],
  ['wrong-chain-id', legacy({ v: 39n }), {}],
  ['replay-protection-not-supported', legacy(), { hardfork: 'homestead' }],
  ['nonce-too-low', legacy(), { sender: { nonce: 1n } }],
  ['nonce-too-high', legacy({ nonce: 2n }), { sender: { nonce: 1n } }],
  ['nonce-at-maximum', legacy({ nonce: 2n ** 64n - 1n }), { sender: { nonce: 2n ** 64n - 1n } }],
  ['insufficient-funds', legacy({ value: 1n }), { sender: { balance: 1_000_000n } }],
  // The fee cap counts, not the effective price.
  ['insufficient-funds', feeMarket(), { sender: { balance: 1_999_999n } }],
  ['insufficient-funds', blob(), { sender: { balance: 2_000_000n + 131_071n } }],
  ['sender-has-code', legacy(), { sender: CONTRACT_CODE }],
  ['intrinsic-gas-too-low', legacy({ gasLimit: 20_999n }), {}],
  ['intrinsic-gas-too-low', legacy({ gasLimit: 52_999n, to: undefined }), {}],
  ['floor-gas-too-low', legacy({ gasLimit: 60_999n, data: new Uint8Array(1000).fill(1) }), {}],
  ['gas-limit-exceeds-block', legacy({ gasLimit: 100_001n }), { environment: { gasLimit: 100_000n } }],
  ['gas-limit-exceeds-cap', legacy({ gasLimit: 16_777_217n }), {}],
  ['fee-cap-below-base-fee', legacy({ gasPrice: 6n }), {}],
  ['fee-cap-below-base-fee', feeMarket({ maxFeePerGas: 6n }), {}],
  ['priority-fee-above-fee-cap', feeMarket({ maxPriorityFeePerGas: 21n }), {}],
  ['fee-overflow', feeMarket({ maxFeePerGas: 2n ** 255n }), {}],
  ['init-code-too-large', legacy({ to: undefined, data: new Uint8Array(49_153), gasLimit: 1_000_000n }), {}],
  ['blob-list-empty', blob({ blobVersionedHashes: [] }), {}],
  ['blob-count-exceeded', blob({ blobVersionedHashes: Array(7).fill(BLOB_HASH) }), {}],
  ['blob-version-invalid', blob({ blobVersionedHashes: [`0x02${BLOB_HASH.slice(4)}`] }), {}],
  ['blob-fee-cap-below-base-fee', blob(), { environment: { excessBlobGas: 10_000_000n } }],
  ['authorization-list-empty', setCode(), {}],
]

for (const [code, transaction, options] of REFUSALS) {
  test(`${code} is refused without a trace (type ${transaction.type})`, () => {
    const environment = testEnvironment(options.hardfork, options.environment)
    const view = new MemoryView([[CALLER, { balance: 10n ** 30n, ...options.sender }]])
    const state = new WorldState({ rules: environment.rules, record: true }, { view })
    assert.throws(
      () => applyTransaction(transaction, CALLER, environment, state),
      (error) => error instanceof TransactionError && error.code === code,
    )
    state.beginTransaction()
    state.endTransaction()
    assert.equal(state.diff().accounts.size, 0)
  })
}

test('what is refused by one is accepted at the limit', () => {
  assert.equal(apply(legacy({ gasLimit: 21_000n })).outcome.gasUsed, 21_000n)
  assert.equal(apply(feeMarket(), { sender: { balance: 2_000_000n } }).outcome.succeeded, true)
  assert.equal(apply(blob(), { sender: { balance: 2_000_000n + 131_072n } }).outcome.succeeded, true)
  const data = new Uint8Array(1000).fill(1)
  assert.equal(apply(legacy({ gasLimit: 61_000n, data })).outcome.gasUsed, 61_000n)
  const delegated = apply(legacy(), { sender: { code: delegationCode(OTHER) } })
  assert.equal(delegated.outcome.succeeded, true)
})

test('before EIP-161 a payment of nothing brings accounts into being', () => {
  const run = (hardfork: Hardfork) =>
    apply(legacy({ gasPrice: 0n, v: 27n }), { hardfork, environment: { baseFeePerGas: 0n } }).outcome.writes
  assert.deepEqual([run('homestead').get(OTHER)?.exists, run('homestead').get(COINBASE)?.exists], [true, true])
  assert.deepEqual([run('spuriousDragon').has(OTHER), run('spuriousDragon').has(COINBASE)], [false, false])
})

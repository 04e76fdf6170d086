import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rulesFor } from '../../config/hardforks.ts'
import { type Address, wordToAddress } from '../../primitives/hex.ts'
import { KECCAK_EMPTY, keccak256Hex } from '../../primitives/keccak.ts'
import { ChangedState } from '../../storage/changed-state.ts'
import type { AccountOverride } from '../call.ts'
import { precompilesFor } from '../evm/precompiles/table.ts'
import { MemoryView } from '../state/memory-view.ts'
import { movedPrecompiles, overrideDiff } from './overrides.ts'

const KNOWN: Address = `0x${'11'.repeat(20)}`
const UNKNOWN: Address = `0x${'22'.repeat(20)}`
const CODE = Uint8Array.of(0x60, 0x00)
const SLOTS = [1n, 2n] as const

/** A state of one account with a balance of 7, nonce 3, and slot n holding n for 1 and 2. */
function overridden(address: Address, override: AccountOverride): ChangedState {
  const storage = new Map(SLOTS.map((slot) => [slot, slot]))
  const state = new ChangedState(new MemoryView([[KNOWN, { nonce: 3n, balance: 7n, storage }]]))
  state.apply(overrideDiff(new Map([[address, override]]), state))
  return state
}

test('only what is overridden differs', () => {
  const state = overridden(KNOWN, { balance: 9n })
  assert.deepEqual(state.account(KNOWN), { nonce: 3n, balance: 9n, codeHash: KECCAK_EMPTY })
  assert.equal(state.account(UNKNOWN), undefined)
  assert.equal(state.slot(KNOWN, 2n), 2n)
  assert.equal(state.hasStorage(KNOWN), true)
})

test('an account that does not exist can be given code, or storage alone; a move is no value', () => {
  const state = overridden(UNKNOWN, { code: CODE })
  assert.deepEqual(state.account(UNKNOWN), { nonce: 0n, balance: 0n, codeHash: keccak256Hex(CODE) })
  assert.deepEqual(state.code(keccak256Hex(CODE)), CODE)
  assert.equal(state.hasStorage(UNKNOWN), false)
  const stored = overridden(UNKNOWN, { stateDiff: new Map([[1n, 1n]]) })
  assert.deepEqual(stored.account(UNKNOWN), { nonce: 0n, balance: 0n, codeHash: KECCAK_EMPTY })
  assert.equal(overridden(UNKNOWN, { movePrecompileToAddress: KNOWN }).account(UNKNOWN), undefined)
})

test('code can be taken away', () => {
  const state = overridden(KNOWN, { code: new Uint8Array() })
  assert.equal(state.account(KNOWN)?.codeHash, KECCAK_EMPTY)
  assert.equal(state.code(KECCAK_EMPTY).length, 0)
})

test('state replaces all slots, stateDiff some', () => {
  const slotsOf = (override: AccountOverride) => {
    const state = overridden(KNOWN, override)
    return SLOTS.map((slot) => state.slot(KNOWN, slot))
  }
  assert.deepEqual(slotsOf({ state: new Map([[1n, 5n]]) }), [5n, 0n])
  assert.deepEqual(slotsOf({ stateDiff: new Map([[1n, 0n]]) }), [0n, 2n])
  assert.equal(overridden(KNOWN, { state: new Map() }).hasStorage(KNOWN), false)
})

test('changes stand upon those before them', () => {
  const state = overridden(KNOWN, { stateDiff: new Map([[1n, 8n]]), balance: 1n })
  const change = (override: AccountOverride) => state.apply(overrideDiff(new Map([[KNOWN, override]]), state))
  change({ nonce: 4n })
  assert.deepEqual(state.account(KNOWN), { nonce: 4n, balance: 1n, codeHash: KECCAK_EMPTY })
  assert.equal(state.slot(KNOWN, 1n), 8n)
  change({ state: new Map([[2n, 9n]]) })
  assert.deepEqual(
    SLOTS.map((slot) => state.slot(KNOWN, slot)),
    [0n, 9n],
  )
  state.apply({ accounts: new Map([[KNOWN, { account: { to: undefined }, clearsStorage: true }]]), codes: new Map() })
  assert.equal(state.account(KNOWN), undefined)
  assert.equal(state.slot(KNOWN, 2n), 0n)
})

const RULES = rulesFor('osaka')
const RECOVER = wordToAddress(1n)
const SHA256 = wordToAddress(2n)
const moved = (...overrides: [Address, AccountOverride][]) => movedPrecompiles(new Map(overrides), RULES)
const failsWith = (code: string) => ({ name: 'SimulationError', code })

test('a precompile is where it was moved to, and gone where an override is', () => {
  const standard = precompilesFor(RULES)
  assert.equal(moved([KNOWN, { balance: 1n }]), undefined)
  const table = moved([RECOVER, { movePrecompileToAddress: UNKNOWN }], [SHA256, { code: CODE }])
  assert.equal(table?.get(UNKNOWN), standard.get(RECOVER))
  assert.equal(table?.has(RECOVER), false)
  assert.equal(table?.has(SHA256), false)
  assert.equal(table?.size, standard.size - 1)
})

test('what is moved is a precompile, and goes to a place that is free', () => {
  assert.throws(() => moved([KNOWN, { movePrecompileToAddress: UNKNOWN }]), failsWith('no-precompile'))
  assert.throws(() => moved([RECOVER, { movePrecompileToAddress: RECOVER }]), failsWith('precompile-moved-to-itself'))
  assert.throws(
    () => moved([RECOVER, { movePrecompileToAddress: SHA256 }], [SHA256, { nonce: 1n }]),
    failsWith('precompile-moved-to-override'),
  )
})

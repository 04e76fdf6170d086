import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EMPTY_BYTES } from '../../primitives/bytes.ts'
import type { Address } from '../../primitives/hex.ts'
import { KECCAK_EMPTY, keccak256Hex } from '../../primitives/keccak.ts'
import type { StateView } from '../../storage/state-view.ts'
import { OverrideView } from './override-view.ts'

const KNOWN: Address = `0x${'11'.repeat(20)}`
const UNKNOWN: Address = `0x${'22'.repeat(20)}`
const CODE = Uint8Array.of(0x60, 0x00)

/** One account with a balance of 7, nonce 3, and slot n holding n for 1, 2 and 3. */
const below: StateView = {
  account: (address) => (address === KNOWN ? { nonce: 3n, balance: 7n, codeHash: KECCAK_EMPTY } : undefined),
  slot: (address, slot) => (address === KNOWN && slot <= 3n ? slot : 0n),
  code: () => EMPTY_BYTES,
  hasStorage: (address) => address === KNOWN,
}

test('only what is overridden differs', () => {
  const view = new OverrideView(below, new Map([[KNOWN, { balance: 9n }]]))
  assert.deepEqual(view.account(KNOWN), { nonce: 3n, balance: 9n, codeHash: KECCAK_EMPTY })
  assert.equal(view.account(UNKNOWN), undefined)
  assert.equal(view.slot(KNOWN, 2n), 2n)
  assert.equal(view.hasStorage(KNOWN), true)
})

test('an account that does not exist can be given code', () => {
  const view = new OverrideView(below, new Map([[UNKNOWN, { code: CODE }]]))
  assert.deepEqual(view.account(UNKNOWN), { nonce: 0n, balance: 0n, codeHash: keccak256Hex(CODE) })
  assert.deepEqual(view.code(keccak256Hex(CODE)), CODE)
  assert.equal(view.hasStorage(UNKNOWN), false)
})

test('state replaces all slots, stateDiff some', () => {
  const replaced = new OverrideView(below, new Map([[KNOWN, { state: new Map([[1n, 5n]]) }]]))
  assert.deepEqual(
    [1n, 2n].map((slot) => replaced.slot(KNOWN, slot)),
    [5n, 0n],
  )
  const changed = new OverrideView(below, new Map([[KNOWN, { stateDiff: new Map([[1n, 0n]]) }]]))
  assert.deepEqual(
    [1n, 2n].map((slot) => changed.slot(KNOWN, slot)),
    [0n, 2n],
  )
  const emptied = new OverrideView(below, new Map([[KNOWN, { state: new Map() }]]))
  assert.equal(emptied.hasStorage(KNOWN), false)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AccountChanges } from '../../primitives/block-access-list.ts'
import type { Address } from '../../primitives/hex.ts'
import { KECCAK_EMPTY, keccak256Hex } from '../../primitives/keccak.ts'
import { MemoryView } from '../state/memory-view.ts'
import { IndexedAccessList } from './indexed-list.ts'
import { ListView } from './list-view.ts'

const A: Address = '0x00000000000000000000000000000000000000aa'
const B: Address = '0x00000000000000000000000000000000000000bb'
const OLD_CODE = Uint8Array.of(1)
const NEW_CODE = Uint8Array.of(2)

const changes = (address: Address, some: Partial<AccountChanges>): AccountChanges => ({
  address,
  storageChanges: [],
  storageReads: [],
  balanceChanges: [],
  nonceChanges: [],
  codeChanges: [],
  ...some,
})

const parent = new MemoryView([[A, { nonce: 1n, balance: 10n, code: OLD_CODE, storage: new Map([[1n, 7n]]) }]])

test('a value holds from the step after its index on', () => {
  const list = new IndexedAccessList(
    [
      changes(A, {
        nonceChanges: [{ index: 2, value: 2n }],
        balanceChanges: [
          { index: 0, value: 11n },
          { index: 3, value: 13n },
          { index: 9, value: 19n },
        ],
        codeChanges: [{ index: 4, value: NEW_CODE }],
        storageChanges: [{ slot: 1n, changes: [{ index: 5, value: 0n }] }],
      }),
    ],
    { parent },
  )
  const oldHash = keccak256Hex(OLD_CODE)
  const newHash = keccak256Hex(NEW_CODE)
  const expected = [
    [0, 1n, 10n, oldHash, 7n],
    [1, 1n, 11n, oldHash, 7n],
    [2, 1n, 11n, oldHash, 7n],
    [3, 2n, 11n, oldHash, 7n],
    [4, 2n, 13n, oldHash, 7n],
    [5, 2n, 13n, newHash, 7n],
    [6, 2n, 13n, newHash, 0n],
    [9, 2n, 13n, newHash, 0n],
    [10, 2n, 19n, newHash, 0n],
  ] as const
  for (const [index, nonce, balance, codeHash, slot] of expected) {
    const view = new ListView(index, { list: list })
    assert.deepEqual(view.account(A), { nonce, balance, codeHash }, `index ${index}`)
    assert.equal(view.slot(A, 1n), slot, `index ${index}`)
  }
  assert.deepEqual(new ListView(9, { list: list }).code(newHash), NEW_CODE)
  assert.deepEqual(new ListView(9, { list: list }).code(oldHash), OLD_CODE)
})

test("what the list does not change is the parent's", () => {
  const view = new ListView(5, { list: new IndexedAccessList([changes(A, { storageReads: [1n] })], { parent }) })
  assert.equal(view.account(A), parent.account(A))
  assert.equal(view.slot(A, 1n), 7n)
  assert.equal(view.account(B), undefined)
  assert.equal(view.slot(B, 1n), 0n)
})

test('an account comes into being, and goes when nothing is left of it (EIP-161)', () => {
  const list = new IndexedAccessList(
    [
      changes(B, {
        balanceChanges: [
          { index: 1, value: 5n },
          { index: 2, value: 0n },
        ],
      }),
    ],
    { parent },
  )
  assert.equal(new ListView(1, { list: list }).account(B), undefined)
  assert.deepEqual(new ListView(2, { list: list }).account(B), { nonce: 0n, balance: 5n, codeHash: KECCAK_EMPTY })
  assert.equal(new ListView(3, { list: list }).account(B), undefined)
})

test('code can be taken away (EIP-7702)', () => {
  const list = new IndexedAccessList([changes(A, { codeChanges: [{ index: 1, value: new Uint8Array() }] })], { parent })
  assert.equal(new ListView(2, { list: list }).account(A)?.codeHash, KECCAK_EMPTY)
})

test('storage is there if a slot is not zero', () => {
  const list = new IndexedAccessList(
    [
      changes(B, {
        storageChanges: [
          {
            slot: 2n,
            changes: [
              { index: 1, value: 3n },
              { index: 2, value: 0n },
            ],
          },
        ],
      }),
    ],
    { parent },
  )
  assert.deepEqual(
    [1, 2, 3].map((index) => new ListView(index, { list: list }).hasStorage(B)),
    [false, true, false],
  )
  assert.equal(new ListView(1, { list: list }).hasStorage(A), true)
})

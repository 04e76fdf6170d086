import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Random, seedFromEnvironment } from '../test/support/random.ts'
import {
  type AccountChanges,
  type BlockAccessList,
  blockAccessListHash,
  type Change,
  checkBlockAccessList,
  decodeBlockAccessList,
  encodeBlockAccessList,
} from './block-access-list.ts'
import { DecodeError } from './errors.ts'
import { type Address, bytesToHex } from './hex.ts'
import { EMPTY_OMMERS_HASH } from './keccak.ts'
import { encodeRlp } from './rlp.ts'

const A: Address = `0x${'0a'.repeat(20)}`
const B: Address = `0x${'b0'.repeat(20)}`
const UNTOUCHED = { storageChanges: [], storageReads: [], balanceChanges: [], nonceChanges: [], codeChanges: [] }

function change<T>(index: number, value: T): Change<T> {
  return { index, value }
}

const ACCOUNT: AccountChanges = {
  address: A,
  storageChanges: [
    { slot: 0n, changes: [change(0, 1n)] },
    { slot: 2n ** 255n, changes: [change(1, 0n), change(3, 2n ** 256n - 1n)] },
  ],
  storageReads: [1n, 2n],
  balanceChanges: [change(1, 5n), change(2, 0n)],
  nonceChanges: [change(1, 1n)],
  codeChanges: [change(2, Uint8Array.of(0xef, 1, 0))],
}

test('the empty list has the hash that EIP-7928 says', () => {
  assert.equal(blockAccessListHash([]), EMPTY_OMMERS_HASH)
  assert.deepEqual(decodeBlockAccessList(encodeBlockAccessList([]), 0), [])
})

test('there and back', () => {
  const accessList = [ACCOUNT, { ...UNTOUCHED, address: B }]
  assert.deepEqual(decodeBlockAccessList(encodeBlockAccessList(accessList), 2), accessList)
})

test('the encoding is that of EIP-7928', () => {
  const slots = [[Uint8Array.of(), [[Uint8Array.of(), Uint8Array.of(1)]]]]
  const expected = encodeRlp([
    [Buffer.from(A.slice(2), 'hex'), slots, [Uint8Array.of(7)], [[Uint8Array.of(1), Uint8Array.of(9)]], [], []],
  ])
  const accessList = [
    {
      ...UNTOUCHED,
      address: A,
      storageChanges: [{ slot: 0n, changes: [change(0, 1n)] }],
      storageReads: [7n],
      balanceChanges: [change(1, 9n)],
    },
  ]
  assert.equal(bytesToHex(encodeBlockAccessList(accessList)), bytesToHex(expected))
})

describe('one block, one list', () => {
  const twoSlots = ACCOUNT.storageChanges
  const cases: [string, BlockAccessList][] = [
    [
      'accounts out of order',
      [
        { ...UNTOUCHED, address: B },
        { ...UNTOUCHED, address: A },
      ],
    ],
    [
      'an account twice',
      [
        { ...UNTOUCHED, address: A },
        { ...UNTOUCHED, address: A },
      ],
    ],
    ['slots out of order', [{ ...ACCOUNT, storageChanges: twoSlots.toReversed() }]],
    ['a slot twice', [{ ...ACCOUNT, storageChanges: [twoSlots[0]!, twoSlots[0]!] }]],
    ['reads out of order', [{ ...ACCOUNT, storageReads: [2n, 1n] }]],
    ['a read twice', [{ ...ACCOUNT, storageReads: [1n, 1n] }]],
    ['a slot both changed and read', [{ ...ACCOUNT, storageReads: [0n] }]],
    ['a slot without changes', [{ ...ACCOUNT, storageChanges: [{ slot: 0n, changes: [] }] }]],
    [
      'changes of a slot out of order',
      [{ ...ACCOUNT, storageChanges: [{ slot: 0n, changes: [change(2, 1n), change(1, 1n)] }] }],
    ],
    ['two changes at one index', [{ ...ACCOUNT, balanceChanges: [change(1, 1n), change(1, 2n)] }]],
    ['nonces out of order', [{ ...ACCOUNT, nonceChanges: [change(2, 1n), change(1, 2n)] }]],
    ['codes out of order', [{ ...ACCOUNT, codeChanges: [change(2, Uint8Array.of()), change(1, Uint8Array.of())] }]],
    ['an index after the block', [{ ...ACCOUNT, balanceChanges: [change(4, 1n)] }]],
    ['a slot index after the block', [{ ...ACCOUNT, storageChanges: [{ slot: 0n, changes: [change(4, 1n)] }] }]],
  ]
  for (const [name, accessList] of cases) {
    test(name, () => {
      assert.throws(() => checkBlockAccessList(accessList, 2), DecodeError)
      assert.throws(() => decodeBlockAccessList(encodeBlockAccessList(accessList), 2), DecodeError)
    })
  }

  test('indexes go from 0 to n + 1', () => {
    const at = (index: number): BlockAccessList => [{ ...ACCOUNT, balanceChanges: [change(index, 1n)] }]
    for (const index of [0, 1, 3]) assert.doesNotThrow(() => checkBlockAccessList(at(index), 2))
    assert.throws(() => checkBlockAccessList(at(4), 2), DecodeError)
    assert.doesNotThrow(() => decodeBlockAccessList(encodeBlockAccessList(at(65_534))))
    assert.throws(() => decodeBlockAccessList(encodeBlockAccessList(at(65_535))), /index/)
  })
})

test('changed bytes are refused or are another list, never the same in other words', () => {
  const seed = seedFromEnvironment()
  const random = new Random(seed)
  const original = encodeBlockAccessList([ACCOUNT, { ...ACCOUNT, address: B }])
  for (let run = 0; run < 2_000; run++) {
    const bytes = original.slice()
    bytes[random.below(bytes.length)]! ^= 1 << random.below(8)
    try {
      assert.deepEqual(encodeBlockAccessList(decodeBlockAccessList(bytes, 2)), bytes, `seed ${seed}, run ${run}`)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
    }
  }
})

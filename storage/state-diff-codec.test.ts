import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  addressItem,
  bitItem,
  compareDecoding,
  type FromItem,
  hashItem,
  itemTree,
  listItem,
  optionalItem,
  randomHex,
  randomUint,
  recordItem,
  several,
  uintItem,
} from '../primitives/fixtures/item-tree.ts'
import { type Address, bytesToHex } from '../primitives/hex.ts'
import { KECCAK_EMPTY } from '../primitives/keccak.ts'
import { Random, seedFromEnvironment } from '../test/support/random.ts'
import { decodeStateDiff, encodeStateDiff } from './state-diff-codec.ts'
import type { Account, AccountDiff, StateDiff } from './state-view.ts'
import { StorageError } from './storage-error.ts'

const A: Address = `0x${'0a'.repeat(20)}`
const B: Address = `0x${'b0'.repeat(20)}`

function diffOf(...accounts: readonly (readonly [Address, AccountDiff])[]): StateDiff {
  return { accounts: new Map(accounts), codes: new Map() }
}

test('the format on disk', () => {
  const changed = {
    account: { to: { nonce: 1n, balance: 2n, codeHash: KECCAK_EMPTY } },
    clearsStorage: undefined,
    slots: new Map([[1n, 0n]]),
  }
  const deleted = { account: { to: undefined }, clearsStorage: true, slots: undefined }
  const diff = diffOf([A, changed], [B, deleted])
  const encoded = encodeStateDiff(diff)
  const rows = [`de94${A.slice(2)}c301028080c3c20180`, `d894${B.slice(2)}c001c0`]
  assert.equal(bytesToHex(encoded), `0xf838${rows.join('')}`)
  assert.deepEqual(decodeStateDiff(encoded), diff)
})

test('no slots are written as none that are known of', () => {
  const empty = encodeStateDiff(diffOf([A, { slots: new Map() }]))
  assert.deepEqual(empty, encodeStateDiff(diffOf([A, {}])))
  assert.deepEqual(decodeStateDiff(empty).accounts.get(A), {
    account: undefined,
    clearsStorage: undefined,
    slots: undefined,
  })
})

const accountItem = recordItem({
  nonce: uintItem(8),
  balance: uintItem(32),
  codeHash: optionalItem(hashItem, KECCAK_EMPTY),
})
const changeItem = recordItem({
  address: addressItem,
  account: (item) => {
    if (item.length === 0) return Array.isArray(item) ? { to: undefined } : undefined
    return { to: accountItem(item) }
  },
  clearsStorage: (item) => (bitItem(item) === 1n ? true : undefined),
  slots: (item) => {
    const slots = listItem(recordItem({ slot: uintItem(32), value: uintItem(32) }))(item)
    return slots.length === 0 ? undefined : new Map(slots.map(({ slot, value }) => [slot, value]))
  },
}) as FromItem<unknown> as FromItem<AccountDiff & { readonly address: Address }>

test('reading in place gives what a tree of items does', () => {
  const seed = seedFromEnvironment()
  const random = new Random(seed)
  const account = (): Account => ({
    nonce: randomUint(random, 8),
    balance: randomUint(random, 32),
    codeHash: random.chance(0.5) ? KECCAK_EMPTY : randomHex(random, 32),
  })
  const word = () => randomUint(random, 32)
  compareDecoding<StateDiff>({
    random,
    name: `seed ${seed}`,
    runs: 2_000,
    make: () => {
      const changes = several(random, (): [Address, AccountDiff] => {
        const slots = new Map(several(random, (): [bigint, bigint] => [word(), word()], 5))
        const change = random.pick([undefined, { to: undefined }, { to: account() }])
        return [randomHex(random, 20), { account: change, clearsStorage: random.pick([true, undefined]), slots }]
      })
      return diffOf(...changes)
    },
    encode: encodeStateDiff,
    decode: decodeStateDiff,
    decodeItems: (bytes) => {
      const changes = listItem(changeItem)(itemTree(bytes))
      return diffOf(...changes.map(({ address, ...change }) => [address, change] as const))
    },
    mayRepeat: true,
    refusal: StorageError,
  })
})

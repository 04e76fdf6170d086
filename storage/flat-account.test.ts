import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  compareDecoding,
  type FromItem,
  hashItem,
  itemTree,
  optionalItem,
  randomHex,
  randomUint,
  recordItem,
  uintItem,
} from '../primitives/fixtures/item-tree.ts'
import { bytesToHex, type Hash } from '../primitives/hex.ts'
import { KECCAK_EMPTY } from '../primitives/keccak.ts'
import { Random, seedFromEnvironment } from '../test/support/random.ts'
import { decodeFlatAccount, encodeFlatAccount, type FlatAccount } from './flat-account.ts'
import { StorageError } from './storage-error.ts'

test('the format on disk', () => {
  const account = { nonce: 1n, balance: 0x1234n, codeHash: KECCAK_EMPTY, slotCount: 0n }
  assert.equal(bytesToHex(encodeFlatAccount(account)), '0xc6018212348080')
  const codeHash: Hash = `0x${'ab'.repeat(32)}`
  const contract = { ...account, codeHash, slotCount: 300n }
  assert.equal(bytesToHex(encodeFlatAccount(contract)), `0xe801821234a0${codeHash.slice(2)}82012c`)
  for (const each of [account, contract]) assert.deepEqual(decodeFlatAccount(encodeFlatAccount(each)), each)
})

test('reading in place gives what a tree of items does', () => {
  const seed = seedFromEnvironment()
  const random = new Random(seed)
  const accountItem = recordItem({
    nonce: uintItem(8),
    balance: uintItem(32),
    codeHash: optionalItem(hashItem, KECCAK_EMPTY),
    slotCount: uintItem(8),
  }) as FromItem<unknown> as FromItem<FlatAccount>
  compareDecoding<FlatAccount>({
    random,
    name: `seed ${seed}`,
    runs: 2_000,
    make: () => ({
      nonce: randomUint(random, 8),
      balance: randomUint(random, 32),
      codeHash: random.chance(0.5) ? KECCAK_EMPTY : randomHex(random, 32),
      slotCount: randomUint(random, 8),
    }),
    encode: encodeFlatAccount,
    decode: decodeFlatAccount,
    decodeItems: (bytes) => accountItem(itemTree(bytes)),
    refusal: StorageError,
  })
})

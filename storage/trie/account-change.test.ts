import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeTrieAccount, encodeTrieAccount, type TrieAccount } from '../../primitives/account.ts'
import { hashToBytes } from '../../primitives/hex.ts'
import { EMPTY_TRIE_ROOT, KECCAK_EMPTY, keccak256Hex } from '../../primitives/keccak.ts'
import { encodeRlp } from '../../primitives/rlp.ts'
import type { AccountDiff } from '../state-view.ts'
import { changeAccount, encodeAccountChange, storageRootOf } from './account-change.ts'
import { NewNodes } from './new-nodes.ts'
import { MemoryNodes } from './node-reader.ts'
import { EMPTY_REFERENCE, hashReference } from './update.ts'

const ROOT = keccak256Hex(Uint8Array.of(1))
const CODE = keccak256Hex(Uint8Array.of(2))
const NUMBERS = [0n, 1n, 127n, 128n, 255n, 2n ** 63n, 2n ** 64n - 1n]

function changed(old: TrieAccount | undefined, change: AccountDiff, root?: Uint8Array): TrieAccount | undefined {
  const leaf = old && encodeTrieAccount(old)
  const bytes = changeAccount(encodeAccountChange(change, { root }), leaf, new MemoryNodes(), new NewNodes())
  return bytes && decodeTrieAccount(bytes)
}

test('fields change and the storage root stays', () => {
  for (const nonce of NUMBERS) {
    for (const balance of [...NUMBERS, 2n ** 256n - 1n]) {
      const account = { nonce, balance, codeHash: CODE }
      const change = { account: { to: account } }
      assert.deepEqual(changed(undefined, change), { ...account, storageRoot: EMPTY_TRIE_ROOT })
      const old = { nonce: 3n, balance: 9n, codeHash: KECCAK_EMPTY, storageRoot: ROOT }
      assert.deepEqual(changed(old, change), { ...account, storageRoot: ROOT })
      assert.deepEqual(changed(old, { ...change, clearsStorage: true }), { ...account, storageRoot: EMPTY_TRIE_ROOT })
      // The other way round, a root that was computed elsewhere, for an account of any size.
      const kept = { ...account, storageRoot: EMPTY_TRIE_ROOT }
      assert.deepEqual(changed(kept, {}, hashReference(hashToBytes(ROOT))), { ...account, storageRoot: ROOT })
      assert.deepEqual(changed({ ...account, storageRoot: ROOT }, {}, EMPTY_REFERENCE), kept)
    }
  }
})

test('an account that is deleted is gone, and storage without an account is a bug', () => {
  const old = { nonce: 3n, balance: 9n, codeHash: KECCAK_EMPTY, storageRoot: ROOT }
  assert.equal(changed(old, { account: { to: undefined } }), undefined)
  assert.equal(changed(undefined, { account: { to: undefined } }), undefined)
  assert.equal(changed(undefined, {}, EMPTY_REFERENCE), undefined)
  assert.throws(() => changed(undefined, {}, hashReference(hashToBytes(ROOT))), /does not exist/)
})

test('a leaf that is none of an account is reported as damage', () => {
  const good = encodeTrieAccount({ nonce: 3n, balance: 9n, codeHash: CODE, storageRoot: ROOT })
  assert.deepEqual(storageRootOf(good), hashToBytes(ROOT))
  const [hash, short] = [hashToBytes(ROOT), Uint8Array.of(1, 2)]
  for (const leaf of [
    new Uint8Array(0),
    Uint8Array.of(1),
    good.subarray(1),
    good.subarray(0, -1),
    encodeRlp(hash),
    encodeRlp([hash, hash]),
    encodeRlp([short, hash, hash]),
    encodeRlp([short, short, short, hash, hash]),
    encodeRlp([short, short, short, hash]),
    encodeRlp([short, short, hash, short]),
  ]) {
    assert.throws(() => storageRootOf(leaf), { code: 'corrupt' })
  }
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeTrieAccount, encodeTrieAccount } from './account.ts'
import { bytesToHex } from './hex.ts'
import { EMPTY_TRIE_ROOT, KECCAK_EMPTY } from './keccak.ts'
import { encodeRlp } from './rlp.ts'

test('the empty account', () => {
  const account = { nonce: 0n, balance: 0n, storageRoot: EMPTY_TRIE_ROOT, codeHash: KECCAK_EMPTY }
  const bytes = encodeTrieAccount(account)
  assert.equal(bytesToHex(bytes), `0xf8448080a0${EMPTY_TRIE_ROOT.slice(2)}a0${KECCAK_EMPTY.slice(2)}`)
  assert.deepEqual(decodeTrieAccount(bytes), account)
})

test('the richest account there can be', () => {
  const account = {
    nonce: 2n ** 64n - 1n,
    balance: 2n ** 256n - 1n,
    storageRoot: KECCAK_EMPTY,
    codeHash: EMPTY_TRIE_ROOT,
  }
  assert.deepEqual(decodeTrieAccount(encodeTrieAccount(account)), account)
})

test('what is none', () => {
  assert.throws(() => decodeTrieAccount(encodeRlp([])), /account/)
  const balance = new Uint8Array(33).fill(1)
  const root = new Uint8Array(32)
  assert.throws(() => decodeTrieAccount(encodeRlp([balance.slice(0, 1), balance, root, root])), /account\.balance/)
})

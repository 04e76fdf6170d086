import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EMPTY_OMMERS_HASH, EMPTY_TRIE_ROOT, KECCAK_EMPTY, keccak256, keccak256Hex, keccakBackend } from './keccak.ts'
import { encodeRlp } from './rlp.ts'

test('the fast implementation is in use', () => {
  assert.equal(keccakBackend, 'wasm')
})

test('constants', () => {
  assert.equal(keccak256Hex(new Uint8Array(0)), KECCAK_EMPTY)
  assert.equal(keccak256Hex(encodeRlp([])), EMPTY_OMMERS_HASH)
  assert.equal(keccak256Hex(encodeRlp(new Uint8Array(0))), EMPTY_TRIE_ROOT)
})

test('a digest stays the same when the next is made', () => {
  const first = keccak256(Uint8Array.of(1))
  const copy = first.slice()
  keccak256(Uint8Array.of(2))
  assert.deepEqual(first, copy)
})

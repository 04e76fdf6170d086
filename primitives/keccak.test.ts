import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { Random, seedFromEnvironment } from '../test/support/random.ts'
import { bytesToHex } from './hex.ts'
import {
  EMPTY_OMMERS_HASH,
  EMPTY_TRIE_ROOT,
  KECCAK_EMPTY,
  keccak256,
  keccak256Hex,
  keccak256Into,
  keccakBackend,
} from './keccak.ts'
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

test('all lengths up to 600, and those around what the memory holds', () => {
  const seed = seedFromEnvironment()
  const random = new Random(seed)
  const long = [65_279, 65_280, 65_281, 65_416, 65_417, 130_559, 130_560, 130_561, 400_001]
  for (const length of [...Array(601).keys(), ...long]) {
    const bytes = Uint8Array.from({ length }, () => random.below(256))
    const expected = keccak_256(bytes)
    const where = `${length} bytes, seed ${seed}`
    assert.deepEqual(keccak256(bytes), expected, where)
    assert.equal(keccak256Hex(bytes), bytesToHex(expected), where)
    assert.deepEqual(keccak256(Buffer.from(bytes)), expected, where)
  }
})

test('a digest is written where it is wanted, even among its own input', () => {
  const bytes = Uint8Array.from({ length: 100 }, (_, index) => index)
  const digest = keccak256(bytes)
  keccak256Into(bytes, bytes, 10)
  const before = Array.from({ length: 10 }, (_, index) => index)
  const after = Array.from({ length: 58 }, (_, index) => index + 42)
  assert.deepEqual([...bytes], [...before, ...digest, ...after])
})

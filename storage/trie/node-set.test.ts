import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bigintToBytes } from '../../primitives/bytes.ts'
import { keccak256 } from '../../primitives/keccak.ts'
import { NodeSet } from './node-set.ts'

test('has what was added, through several growths, and nothing else', () => {
  const set = new NodeSet()
  const hash = (index: number): Uint8Array => keccak256(bigintToBytes(BigInt(index), 4))
  for (let index = 0; index < 20_000; index++) assert.ok(set.add(hash(index)))
  for (let index = 0; index < 20_000; index++) assert.ok(set.has(hash(index)) && !set.add(hash(index)))
  for (let index = 20_000; index < 40_000; index++) assert.ok(!set.has(hash(index)))
  assert.equal(set.size, 20_000)
})

test('hashes that begin alike, or with zeros, are told apart', () => {
  const set = new NodeSet()
  const hashes = Array.from({ length: 16 }, (_, index) => new Uint8Array(32).fill(7, 15 - index, 16))
  for (const hash of hashes) assert.ok(!set.has(hash) && set.add(hash))
  for (const hash of hashes) assert.ok(set.has(hash))
  assert.ok(!set.has(new Uint8Array(32)))
  assert.ok(set.add(new Uint8Array(32)) && set.has(new Uint8Array(32)))
})

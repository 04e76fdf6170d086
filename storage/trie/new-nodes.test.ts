import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keccak256 } from '../../primitives/keccak.ts'
import { NewNodes, readRecords } from './new-nodes.ts'

const LENGTHS = [...Array.from({ length: 300 }, (_, index) => 32 + ((index * 37) % 500)), 3_000_000, 100]

function fill(made: NewNodes): void {
  for (const [index, length] of LENGTHS.entries()) {
    // Space that is asked for and not taken is used again.
    made.space(length)
    const { bytes, start } = made.space(length)
    bytes.fill(index, start, start + length)
    made.add(length)
  }
}

test('nodes are listed in order, under the hashes of what was written', () => {
  const made = new NewNodes()
  fill(made)
  const list = made.list()
  assert.equal(list.length, LENGTHS.length)
  for (const [index, { hash, rlp }] of list.entries()) {
    assert.deepEqual(rlp, new Uint8Array(LENGTHS[index]!).fill(index))
    assert.deepEqual(hash, keccak256(rlp))
  }
})

test('records that are taken are the same nodes, and stay when their space is used again', () => {
  const made = new NewNodes()
  assert.deepEqual(readRecords(made.take()), [])
  fill(made)
  const list = made.list().map(({ hash, rlp }) => ({ hash: hash.slice(), rlp: rlp.slice() }))
  const records = made.take()
  assert.deepEqual(made.list(), [])
  fill(made)
  assert.deepEqual(readRecords(records), list)
  assert.deepEqual(readRecords(made.take()), list)
})

test('what stands for a node in its parent is where add says', () => {
  const made = new NewNodes()
  const { bytes, start } = made.space(40)
  bytes.fill(7, start, start + 40)
  const at = made.add(40)
  assert.equal(bytes[at], 0xa0)
  assert.deepEqual(bytes.slice(at + 1, at + 33), keccak256(new Uint8Array(40).fill(7)))
})

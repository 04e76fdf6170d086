import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wordToHash } from '../../primitives/hex.ts'
import { packParent, unpackParent } from './parent-message.ts'

test('a parent is the same on the other side, with all hashes, with one and with none', () => {
  for (const count of [0, 1, 256]) {
    const recentHashes = Array.from({ length: count }, (_, index) => wordToHash(BigInt(index)))
    const parent = { header: {} as never, hash: wordToHash(1n), recentHashes }
    assert.deepEqual(unpackParent(structuredClone(packParent(parent))), parent)
  }
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bigintToBytes } from '../../primitives/bytes.ts'
import { keccak256 } from '../../primitives/keccak.ts'
import { NodeCache } from './node-cache.ts'

function node(index: number, length = 100): { readonly hash: Uint8Array; readonly rlp: Uint8Array } {
  const rlp = new Uint8Array(length).fill(index % 251)
  rlp.set(bigintToBytes(BigInt(index), 8))
  return { hash: keccak256(rlp), rlp }
}

test('what was added is found, wherever its hash stands, and nothing else', () => {
  const cache = new NodeCache({ maxBytes: 1 << 26 })
  const nodes = Array.from({ length: 20_000 }, (_, index) => node(index, 8 + (index % 600)))
  for (const { hash, rlp } of nodes) {
    assert.equal(cache.get(hash, 0), undefined)
    cache.add(hash, 0, rlp)
  }
  for (const { hash, rlp } of nodes) {
    const among = new Uint8Array(50)
    among.set(hash, 7)
    assert.deepEqual(cache.get(among, 7), rlp)
    // Another hash that begins alike.
    among[7 + 31]! ^= 1
    assert.equal(cache.get(among, 7), undefined)
  }
})

test('hashes that begin with zeros', () => {
  const cache = new NodeCache({ maxBytes: 1 << 20 })
  const hashes = [1, 2, 3].map((last) => bigintToBytes(BigInt(last), 32))
  for (const hash of hashes) cache.add(hash, 0, hash)
  for (const hash of hashes) assert.deepEqual(cache.get(hash, 0), hash)
  assert.equal(cache.get(new Uint8Array(32), 0), undefined)
})

test('keeps what is used, forgets what is not, and takes in what is larger than itself', () => {
  const cache = new NodeCache({ maxBytes: 20_000 })
  const used = node(0)
  cache.add(used.hash, 0, used.rlp)
  for (let index = 1; index < 2_000; index++) {
    const { hash, rlp } = node(index)
    cache.add(hash, 0, rlp)
    assert.deepEqual(cache.get(used.hash, 0), used.rlp, `after ${index}`)
  }
  const found = Array.from({ length: 2_000 }, (_, index) => node(index)).filter(({ hash }) => cache.get(hash, 0))
  assert.ok(found.length < 20_000 / 100, `${found.length} are left`)
  const large = node(5, 3_000_000)
  cache.add(large.hash, 0, large.rlp)
  assert.deepEqual(cache.get(large.hash, 0), large.rlp)
})

test('a window stays as it is when its node is forgotten', () => {
  const cache = new NodeCache({ maxBytes: 4_000 })
  const first = node(0)
  cache.add(first.hash, 0, first.rlp)
  const window = cache.get(first.hash, 0)!
  for (let index = 1; index < 500; index++) {
    const { hash, rlp } = node(index)
    cache.add(hash, 0, rlp)
  }
  assert.equal(cache.get(first.hash, 0), undefined)
  assert.deepEqual(window, first.rlp)
})

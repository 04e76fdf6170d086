import assert from 'node:assert/strict'
import { test } from 'node:test'
import { equalBytes } from '../../primitives/bytes.ts'
import { bytesToHex, type Hash, hexToBytes } from '../../primitives/hex.ts'
import { EMPTY_TRIE_ROOT, keccak256, keccak256Hex } from '../../primitives/keccak.ts'
import { random } from '../fixtures/test-storage.ts'
import { lookup } from './lookup.ts'
import { toNibbles } from './nibbles.ts'
import type { NewNode } from './node.ts'
import { MemoryNodes } from './node-reader.ts'
import { updateTrie } from './update.ts'
import { walkTrie } from './walk.ts'

/** A trie that keeps what each update makes. */
class TestTrie {
  readonly nodes = new MemoryNodes()
  root: Hash = EMPTY_TRIE_ROOT
  readonly made: NewNode[] = []

  update(entries: Iterable<readonly [Uint8Array, Uint8Array | undefined]>): this {
    const changes = [...entries].map(([key, value]) => ({ key, update: () => value }))
    const made: NewNode[] = []
    this.root = updateTrie(this.root, changes, this.nodes, (node) => made.push(node))
    this.nodes.add(made)
    this.made.push(...made)
    return this
  }
}

function shuffled<T>(items: readonly T[], next: () => number): T[] {
  const order = [...items]
  for (let index = order.length - 1; index > 0; index--) {
    const other = Math.floor(next() * (index + 1))
    ;[order[index], order[other]] = [order[other]!, order[index]!]
  }
  return order
}

test('batches of sets, deletes and no-ops give the trie built afresh, in any order', () => {
  const seed = Date.now() % 1_000_000
  const next = random(seed)
  for (let round = 0; round < 60; round++) {
    const where = `seed ${seed}, round ${round}`
    // Few key bytes make prefixes, short values make embedded nodes, hashed keys are what the state has.
    const isSecure = round % 3 === 0
    const keyBytes = 1 + Math.floor(next() * 3)
    const valueBytes = round % 2 === 0 ? 2 : 40
    const content = new Map<string, Uint8Array>()
    const trie = new TestTrie()
    for (let batch = 0; batch < 6; batch++) {
      const changes = new Map<string, Uint8Array | undefined>()
      for (let count = Math.floor(next() * 60); count > 0; count--) {
        const short = Uint8Array.from({ length: isSecure ? 1 : 1 + Math.floor(next() * keyBytes) }, () => next() * 24)
        const key = bytesToHex(isSecure ? keccak256(short) : short)
        const value = new Uint8Array(1 + Math.floor(next() * valueBytes)).fill(1 + next() * 3)
        changes.set(key, next() < 0.45 ? undefined : value)
      }
      for (const [key, value] of changes) {
        if (value === undefined) content.delete(key)
        else content.set(key, value)
      }
      trie.update(shuffled([...changes], next).map(([key, value]) => [hexToBytes(key), value]))
      const fresh = new TestTrie()
      for (const [key, value] of shuffled([...content], next)) fresh.update([[hexToBytes(key), value]])
      assert.equal(trie.root, fresh.root, where)
      const walked = [...walkTrie(trie.root, trie.nodes)].map(({ path }) => bytesToHex(path))
      assert.deepEqual(
        walked,
        [...content.keys()].map((key) => bytesToHex(toNibbles(hexToBytes(key)))).toSorted(),
        where,
      )
      for (const key of changes.keys()) {
        assert.deepEqual(lookup(trie.root, hexToBytes(key), trie.nodes), content.get(key), where)
      }
    }
    for (const { hash, rlp } of trie.made) assert.equal(bytesToHex(hash), keccak256Hex(rlp), where)
    const emptied = trie.update([...content.keys()].map((key) => [hexToBytes(key), undefined]))
    assert.equal(emptied.root, EMPTY_TRIE_ROOT, where)
  }
})

test('a batch without effect makes no node', () => {
  const keys = Array.from({ length: 50 }, (_, index) => keccak256(Uint8Array.of(index)))
  const trie = new TestTrie().update(keys.map((key) => [key, key]))
  const { root } = trie
  trie.made.length = 0
  trie.update([...keys.map((key) => [key, key.slice()] as const), [keccak256(Uint8Array.of(99)), undefined]])
  assert.equal(trie.root, root)
  assert.equal(trie.made.length, 0)
})

test('each node that differs is made once', () => {
  const keys = Array.from({ length: 500 }, (_, index) => keccak256(Uint8Array.of(index >> 8, index & 255)))
  const trie = new TestTrie().update(keys.map((key) => [key, key]))
  trie.made.length = 0
  trie.update(keys.slice(0, 100).map((key) => [key, key.subarray(1)]))
  assert.equal(new Set(trie.made.map(({ hash }) => bytesToHex(hash))).size, trie.made.length)
  assert.equal(
    trie.made.filter(({ hash }) => bytesToHex(hash) === trie.root).length,
    1,
    'the root is among the new nodes, once',
  )
})

test('an update sees the old value once, an absent one as undefined', () => {
  const present = keccak256(Uint8Array.of(1))
  const absent = keccak256(Uint8Array.of(2))
  const trie = new TestTrie().update([[present, present]])
  const seen: (Uint8Array | undefined)[] = []
  const update = (value: Uint8Array | undefined): Uint8Array | undefined => {
    seen.push(value)
    return value
  }
  const changes = [present, absent].map((key) => ({ key, update }))
  assert.equal(
    updateTrie(trie.root, changes, trie.nodes, () => assert.fail('made a node')),
    trie.root,
  )
  assert.equal(seen.length, 2)
  assert.ok(seen.some((value) => value === undefined) && seen.some((value) => value && equalBytes(value, present)))
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Hash } from '../primitives/hex.ts'
import { type Branch, heaviest, isHeavier, routeTo } from './fork-choice.ts'

const branch = (name: string, number: number, totalDifficulty: number): Branch => ({
  hash: `0x${name}`,
  number: BigInt(number),
  totalDifficulty: BigInt(totalDifficulty),
})

test('more total difficulty wins, even with fewer blocks', () => {
  assert.equal(isHeavier(branch('b', 3, 11), branch('a', 9, 10)), true)
  assert.equal(isHeavier(branch('b', 9, 10), branch('a', 3, 11)), false)
})

test('without difficulty (after the Merge) the longer branch wins', () => {
  assert.equal(isHeavier(branch('b', 4, 0), branch('a', 3, 0)), true)
  assert.equal(isHeavier(branch('b', 3, 0), branch('a', 4, 0)), false)
})

test('of equals the one seen first stays', () => {
  assert.equal(isHeavier(branch('b', 3, 10), branch('a', 3, 10)), false)
  assert.equal(heaviest([branch('a', 3, 10), branch('b', 3, 10), branch('c', 2, 9)])?.hash, '0xa')
  assert.equal(heaviest([]), undefined)
})

/** Canonical g-1-2-3, side 1-a-b, and c whose parent is not stored. */
const PARENTS: Readonly<Record<Hash, Hash>> = {
  '0x1': '0xg',
  '0x2': '0x1',
  '0x3': '0x2',
  '0xa': '0x1',
  '0xb': '0xa',
  '0xc': '0xx',
}
const lookup = {
  parentHash: (hash: Hash) => PARENTS[hash],
  isCanonical: (hash: Hash) => ['0xg', '0x1', '0x2', '0x3'].includes(hash),
}

test('the route to another branch goes through the common ancestor', () => {
  assert.deepEqual(routeTo('0xb', lookup), { ancestor: '0x1', forward: ['0xa', '0xb'] })
  assert.deepEqual(routeTo('0x2', lookup), { ancestor: '0x2', forward: [] })
  assert.equal(routeTo('0xc', lookup), undefined)
})

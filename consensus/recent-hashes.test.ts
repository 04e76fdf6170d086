import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Header } from '../primitives/header.ts'
import { type Hash, wordToHash } from '../primitives/hex.ts'
import { RecentHashes, VISIBLE_ANCESTORS } from './recent-hashes.ts'

/** A chain of that many blocks above its first one, whose hashes tell their numbers. */
function chainOf(height: bigint, salt = 0n) {
  const hashOf = (number: bigint): Hash => wordToHash(number + 1n + salt)
  const asked: bigint[] = []
  const canonicalHash = (number: bigint): Hash | undefined => {
    asked.push(number)
    return number <= height ? hashOf(number) : undefined
  }
  const block = (number: bigint) => ({
    hash: hashOf(number),
    header: { number, parentHash: hashOf(number - 1n) } as Header,
  })
  const expected = (number: bigint): readonly Hash[] =>
    Array.from({ length: VISIBLE_ANCESTORS }, (_, back) => number - BigInt(back))
      .filter((each) => each >= 0n)
      .map(hashOf)
  return { canonicalHash, block, expected, asked }
}

test('hashes are right wherever the head goes, and read only where they are not known', () => {
  const chain = chainOf(600n)
  const recent = new RecentHashes({ blocks: chain })
  for (const [number, reads] of [
    [500n, 256],
    [500n, 0],
    [501n, 0],
    [502n, 0],
    [499n, 3],
    [300n, 199],
    [10n, 11],
    [9n, 0],
    [600n, 256],
  ] as const) {
    chain.asked.length = 0
    assert.deepEqual(recent.upTo(chain.block(number)), chain.expected(number), `block ${number}`)
    assert.equal(chain.asked.length, reads, `block ${number}`)
  }
})

test('of another branch nothing is kept', () => {
  const [one, other] = [chainOf(100n), chainOf(100n, 1_000n)]
  const blocks = { canonicalHash: one.canonicalHash }
  const recent = new RecentHashes({ blocks })
  recent.upTo(one.block(100n))
  blocks.canonicalHash = other.canonicalHash
  assert.deepEqual(recent.upTo(other.block(99n)), other.expected(99n))
})

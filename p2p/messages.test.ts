import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DecodeError } from '../primitives/errors.ts'
import type { Hash } from '../primitives/hex.ts'
import {
  announcementMessage,
  blockGossipMessage,
  blockRangeMessage,
  hashesMessage,
  numbersMessage,
  statusMessage,
} from './messages.ts'

const HASH: Hash = `0x${'12'.repeat(32)}`
const STATUS = {
  version: 1n,
  chainId: 31337n,
  genesisHash: HASH,
  headHash: HASH,
  headNumber: 2n ** 64n - 1n,
  totalDifficulty: 2n ** 256n - 1n,
}

test('messages come back as they went', () => {
  assert.deepEqual(statusMessage.decode(statusMessage.encode(STATUS)), STATUS)
  const range = { from: 0n, count: 128n }
  assert.deepEqual(blockRangeMessage.decode(blockRangeMessage.encode(range)), range)
  const announcement = { hash: HASH, number: 7n, totalDifficulty: 99n }
  assert.deepEqual(announcementMessage.decode(announcementMessage.encode(announcement)), announcement)
  const gossip = { kind: 'announcement' as const, announcement }
  assert.deepEqual(blockGossipMessage.decode(blockGossipMessage.encode(gossip)), gossip)
  const block = { kind: 'block' as const, block: Uint8Array.of(1, 2, 3) }
  assert.deepEqual(blockGossipMessage.decode(blockGossipMessage.encode(block)), block)
  assert.deepEqual(hashesMessage.decode(hashesMessage.encode([HASH, HASH])), [HASH, HASH])
  assert.deepEqual(numbersMessage.decode(numbersMessage.encode([0n, 5n])), [0n, 5n])
})

test('a request for the most hashes or numbers fits a small message', () => {
  assert.ok(hashesMessage.encode(Array.from({ length: 128 }, () => HASH)).length < 8 * 1024)
  assert.ok(numbersMessage.encode(Array.from({ length: 64 }, () => 2n ** 64n - 1n)).length < 8 * 1024)
})

test('every byte that is cut off or put behind makes a status malformed', () => {
  const encoded = statusMessage.encode(STATUS)
  for (let length = 0; length < encoded.length; length++) {
    assert.throws(() => statusMessage.decode(encoded.subarray(0, length)), DecodeError, `${length} bytes`)
  }
  assert.throws(() => statusMessage.decode(Uint8Array.of(...encoded, 0)), DecodeError)
})

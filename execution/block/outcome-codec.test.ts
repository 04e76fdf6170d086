import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteReader, ByteWriter } from '../../primitives/byte-stream.ts'
import type { Address, Hash } from '../../primitives/hex.ts'
import type { SystemOutcome, TransactionOutcome } from './outcome.ts'
import {
  readSystemOutcome,
  readTransactionOutcome,
  writeSystemOutcome,
  writeTransactionOutcome,
} from './outcome-codec.ts'

const A: Address = `0x${'0a'.repeat(20)}`
const B: Address = `0x${'b0'.repeat(20)}`
const HASH: Hash = `0x${'9f'.repeat(32)}`
const LARGEST = 2n ** 256n - 1n

const NOTHING: SystemOutcome = { reads: new Map(), writes: new Map(), credits: new Map(), requests: [] }

const PLAIN: TransactionOutcome = {
  reads: new Map(),
  writes: new Map(),
  credits: new Map(),
  sender: A,
  succeeded: true,
  gasUsed: 21_000n,
  logs: [],
  operationsHash: undefined,
  output: new Uint8Array(),
  contractAddress: undefined,
  error: undefined,
}

const FULL: TransactionOutcome = {
  ...PLAIN,
  reads: new Map([
    [A, { balance: true, nonce: true, code: false, slots: [] }],
    [B, { balance: false, nonce: false, code: true, slots: [0n, LARGEST, 1n << 64n] }],
  ]),
  writes: new Map([
    [A, { nonce: 0n, balance: LARGEST }],
    [
      B,
      {
        code: { hash: HASH, bytes: Uint8Array.of(0xfe) },
        slots: new Map([
          [0n, 0n],
          [LARGEST, (1n << 64n) - 1n],
        ]),
        clearsStorage: true,
        exists: false,
      },
    ],
  ]),
  credits: new Map([[B, 1n]]),
  succeeded: false,
  gasUsed: 2n ** 64n - 1n,
  logs: [
    { address: B, topics: [], data: new Uint8Array(300).fill(7) },
    { address: A, topics: [HASH, HASH, HASH, HASH], data: new Uint8Array() },
  ],
  operationsHash: HASH,
  output: Uint8Array.of(1, 2, 3),
  contractAddress: B,
  error: 'revert ✗',
}

/** In shared memory, as between threads. */
function share(writer: ByteWriter): ByteReader {
  const memory = new Uint8Array(new SharedArrayBuffer(writer.length))
  memory.set(writer.bytes)
  return new ByteReader(memory)
}

test('outcomes come back as they were, key by key', () => {
  const outcomes = [PLAIN, FULL, { ...PLAIN, writes: new Map([[A, { exists: true }]]) }, PLAIN]
  const writer = new ByteWriter()
  for (const outcome of outcomes) writeTransactionOutcome(outcome, writer)
  const reader = share(writer)
  for (const outcome of outcomes) assert.deepStrictEqual(readTransactionOutcome(reader), outcome)
  assert.equal(reader.offset, writer.length)
})

test('and those of the system operations', () => {
  const { reads, writes, credits } = FULL
  const outcomes = [NOTHING, { reads, writes, credits, requests: [Uint8Array.of(1, 2), Uint8Array.of(2)] }]
  const writer = new ByteWriter()
  for (const outcome of outcomes) writeSystemOutcome(outcome, writer)
  const reader = share(writer)
  for (const outcome of outcomes) assert.deepStrictEqual(readSystemOutcome(reader), outcome)
})

test('a message may be larger than what the writer began with, and the next one is whole too', () => {
  const large = { ...PLAIN, output: new Uint8Array(5_000_000).fill(3) }
  const writer = new ByteWriter()
  for (const outcome of [large, PLAIN, large]) {
    writer.reset()
    writeTransactionOutcome(outcome, writer)
    assert.deepStrictEqual(readTransactionOutcome(share(writer)), outcome)
  }
})

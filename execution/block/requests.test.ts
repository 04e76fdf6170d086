import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { concatBytes } from '../../primitives/bytes.ts'
import { type Address, bytesToHex, type Hash } from '../../primitives/hex.ts'
import type { Log } from '../../primitives/receipt.ts'
import { words } from './fixtures/bytecode.ts'
import { blockRequests, hashRequests } from './requests.ts'

const CONTRACT: Address = '0x00000000219ab540356cbb839cbe05303d7705fa'
const EVENT: Hash = '0x649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5'

const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest())
const hashOf = (...requests: Uint8Array[]) => bytesToHex(sha256(concatBytes(...requests.map(sha256))))
const filled = (length: number, byte: number) => new Uint8Array(length).fill(byte)

/** As the deposit contract's ABI encoding has it. */
function depositData(): Uint8Array {
  return concatBytes(
    words(160, 256, 320, 384, 512),
    ...[words(48), filled(48, 1), filled(16, 0)],
    ...[words(32), filled(32, 2)],
    ...[words(8), filled(8, 3), filled(24, 0)],
    ...[words(96), filled(96, 4)],
    ...[words(8), filled(8, 5), filled(24, 0)],
  )
}

const log = (data: Uint8Array, change: Partial<Log> = {}): Log => ({
  address: CONTRACT,
  topics: [EVENT],
  data,
  ...change,
})

test('no requests have the hash of nothing (EIP-7685)', () => {
  assert.equal(
    hashRequests(blockRequests([], [], CONTRACT)),
    '0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  )
})

test('requests without data do not count', () => {
  assert.equal(hashRequests(blockRequests([Uint8Array.of(1)], [], CONTRACT)), hashOf())
  assert.equal(
    hashRequests(blockRequests([Uint8Array.of(1), Uint8Array.of(2, 9)], [], CONTRACT)),
    hashOf(Uint8Array.of(2, 9)),
  )
})

test('deposits come first, joined to one request (EIP-6110)', () => {
  const fields = concatBytes(filled(48, 1), filled(32, 2), filled(8, 3), filled(96, 4), filled(8, 5))
  const data = depositData()
  assert.equal(data.length, 576)
  const expected = hashOf(concatBytes(Uint8Array.of(0), fields, fields), Uint8Array.of(1, 7))
  assert.equal(hashRequests(blockRequests([Uint8Array.of(1, 7)], [log(data), log(data)], CONTRACT)), expected)
})

test('other logs are no deposits', () => {
  const other = [
    log(depositData(), { address: '0x00000000000000000000000000000000000000aa' }),
    log(depositData(), { topics: [] }),
    log(depositData(), { topics: ['0x1100000000000000000000000000000000000000000000000000000000000000'] }),
  ]
  assert.equal(hashRequests(blockRequests([], other, CONTRACT)), hashOf())
  assert.equal(hashRequests(blockRequests([], [log(depositData())], undefined)), hashOf())
})

test('a malformed deposit makes the block invalid', () => {
  const changed = (position: number) => {
    const data = depositData()
    data[position]! ^= 1
    return data
  }
  // The places of the five fields, then their lengths; a field moved by 2^64 must not look right.
  for (const data of [
    filled(0, 0),
    filled(577, 0),
    ...[31, 63, 95, 127, 159, 0, 191, 287, 351, 415, 543, 512].map(changed),
  ]) {
    assert.throws(() => hashRequests(blockRequests([], [log(data)], CONTRACT)), { code: 'system-call-failed' })
  }
})

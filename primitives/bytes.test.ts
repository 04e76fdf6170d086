import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Random, seedFromEnvironment } from '../test/support/random.ts'
import { bigintToBytes, bigintToMinimalBytes, bytesToBigint, compareBytes, concatBytes, equalBytes } from './bytes.ts'

test('integers: known values', () => {
  const cases: [bigint, number[]][] = [
    [0n, []],
    [1n, [1]],
    [255n, [255]],
    [256n, [1, 0]],
    [2n ** 48n - 1n, [255, 255, 255, 255, 255, 255]],
    [2n ** 48n, [1, 0, 0, 0, 0, 0, 0]],
    [2n ** 256n - 1n, new Array(32).fill(255)],
  ]
  for (const [value, bytes] of cases) {
    assert.deepEqual([...bigintToMinimalBytes(value)], bytes, `${value}`)
    assert.equal(bytesToBigint(Uint8Array.from(bytes)), value)
    const padded = [...new Array(40 - bytes.length).fill(0), ...bytes]
    assert.deepEqual([...bigintToBytes(value, 40)], padded)
    assert.equal(bytesToBigint(Uint8Array.from(padded)), value)
  }
})

test('integers: there and back', () => {
  const seed = seedFromEnvironment()
  const random = new Random(seed)
  for (let run = 0; run < 2_000; run++) {
    const bytes = Uint8Array.from({ length: random.below(40) }, () => random.below(256))
    const value = bytesToBigint(bytes)
    assert.equal(value, BigInt(`0x0${Buffer.from(bytes).toString('hex')}`), `seed ${seed}`)
    assert.deepEqual(bigintToBytes(value, bytes.length), bytes, `seed ${seed}`)
  }
})

test('integers that do not fit are refused', () => {
  assert.throws(() => bigintToBytes(256n, 1), RangeError)
  assert.throws(() => bigintToBytes(-1n, 8), RangeError)
  assert.throws(() => bigintToMinimalBytes(-1n), RangeError)
  assert.throws(() => bigintToBytes(1n, 0), RangeError)
  assert.deepEqual(bigintToBytes(0n, 0), new Uint8Array(0))
})

test('results own their memory, so that sending them to a thread copies no more than them', () => {
  for (const bytes of [
    bigintToBytes(5n, 4),
    bigintToMinimalBytes(5n),
    concatBytes(Uint8Array.of(1), Uint8Array.of(2)),
  ]) {
    assert.equal(bytes.buffer.byteLength, bytes.length)
  }
})

test('concatBytes, equalBytes, compareBytes', () => {
  const a = Uint8Array.of(1, 2)
  assert.deepEqual(concatBytes(a, new Uint8Array(0), Uint8Array.of(3)), Uint8Array.of(1, 2, 3))
  assert.deepEqual(concatBytes(), new Uint8Array(0))
  assert.ok(equalBytes(a, Uint8Array.of(1, 2)))
  assert.ok(!equalBytes(a, Uint8Array.of(1, 2, 0)))
  assert.ok(compareBytes(a, Uint8Array.of(1, 3)) < 0)
  assert.ok(compareBytes(a, Uint8Array.of(1)) > 0)
  assert.equal(compareBytes(a, Uint8Array.of(1, 2)), 0)
})

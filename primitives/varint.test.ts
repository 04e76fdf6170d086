import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DecodeError } from './errors.ts'
import { readCount, readVarint, writeVarint } from './varint.ts'

function encoded(value: bigint): Uint8Array {
  const output: number[] = []
  writeVarint(output, value)
  return Uint8Array.from(output)
}

const KNOWN: [bigint, number[]][] = [
  [0n, [0]],
  [1n, [1]],
  [127n, [0x7f]],
  [128n, [0x80, 0x01]],
  [300n, [0xac, 0x02]],
  [2n ** 31n - 1n, [0xff, 0xff, 0xff, 0xff, 0x07]],
  [2n ** 31n, [0x80, 0x80, 0x80, 0x80, 0x08]],
  [2n ** 49n - 1n, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
  [2n ** 49n, [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]],
  [2n ** 64n - 1n, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
]

test('known values, there and back', () => {
  for (const [value, bytes] of KNOWN) {
    assert.deepEqual([...encoded(value)], bytes)
    const cursor = { bytes: Uint8Array.from([9, ...bytes, 9]), offset: 1 }
    assert.equal(readVarint(cursor, 'field'), value)
    assert.equal(cursor.offset, bytes.length + 1)
  }
})

test('every width', () => {
  for (let bits = 0n; bits < 64n; bits++) {
    for (const value of [1n << bits, (1n << bits) - 1n, (1n << bits) + 1n]) {
      assert.equal(readVarint({ bytes: encoded(value), offset: 0 }, 'field'), value)
    }
  }
})

test('only the shortest form, only 64 bits, only whole', () => {
  const refused = [
    [],
    [0x80],
    [0x80, 0x00],
    [0xff, 0x80, 0x00],
    [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02],
    [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
  ]
  for (const bytes of refused) {
    assert.throws(() => readVarint({ bytes: Uint8Array.from(bytes), offset: 0 }, 'field'), /field/, `${bytes}`)
  }
})

test('what cannot be written', () => {
  assert.throws(() => encoded(-1n), RangeError)
  assert.throws(() => encoded(2n ** 64n), RangeError)
})

test('readCount is bounded', () => {
  assert.equal(readCount({ bytes: encoded(300n), offset: 0 }, 'field', 300), 300)
  assert.throws(() => readCount({ bytes: encoded(301n), offset: 0 }, 'field', 300), DecodeError)
  assert.throws(() => readCount({ bytes: encoded(2n ** 64n - 1n), offset: 0 }, 'field', 300), DecodeError)
})

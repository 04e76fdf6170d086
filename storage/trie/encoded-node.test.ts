import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeRlp } from '../../primitives/rlp.ts'
import { itemEnd, LIST_OFFSET, payloadStart, stringLength, writeHeader, writeString } from './encoded-node.ts'

const LENGTHS = [0, 1, 2, 31, 32, 55, 56, 57, 255, 256, 257, 65_535, 65_536, 70_000]

test('strings are written and read as RLP', () => {
  for (const length of LENGTHS) {
    for (const byte of [0x00, 0x7f, 0x80, 0xff]) {
      const bytes = new Uint8Array(length).fill(byte)
      const expected = encodeRlp(bytes)
      assert.equal(stringLength(bytes), expected.length)
      const target = new Uint8Array(expected.length + 9).fill(0xee)
      assert.equal(writeString(target, 3, bytes), 3 + expected.length)
      assert.deepEqual(target.subarray(3, 3 + expected.length), expected)
      assert.equal(itemEnd(target, 3), 3 + expected.length)
      assert.equal(payloadStart(target, 3), 3 + expected.length - length)
    }
  }
})

test('lists are measured as RLP', () => {
  for (const length of LENGTHS.filter((length) => length !== 1)) {
    const payload = new Uint8Array(length).fill(5)
    const expected = encodeRlp([...payload].map((byte) => Uint8Array.of(byte)))
    const header = new Uint8Array(8)
    const end = writeHeader(header, 0, length, LIST_OFFSET)
    assert.deepEqual(header.subarray(0, end), expected.subarray(0, end))
    assert.equal(payloadStart(expected, 0), end)
    assert.equal(itemEnd(expected, 0), expected.length)
  }
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DecodeError } from './errors.ts'
import { encodeRlp } from './rlp.ts'
import { byteString, list, optionalAddress, uint64 } from './rlp-codec.ts'
import { ownedBytes, type Read, RlpCursor, type RlpCursorOptions } from './rlp-cursor.ts'

function read<T>(bytes: Uint8Array, reader: Read<T>, options?: RlpCursorOptions): T {
  return new RlpCursor(bytes, options).whole(reader, 'field')
}

const strings = list(byteString)

describe('bounds', () => {
  test('items', () => {
    const ten = encodeRlp(Array.from({ length: 9 }, () => 1n))
    assert.equal(read(ten, list(uint64).decode, { maxItems: 10 }).length, 9)
    assert.throws(() => read(ten, list(uint64).decode, { maxItems: 9 }), /RLP: too many items/)
    const empty = encodeRlp(Array.from({ length: 9 }, () => []))
    assert.throws(() => read(empty, list(strings).decode, { maxItems: 9 }), /RLP: too many items/)
    const many = encodeRlp([new Array(1 << 19).fill(0n)])
    assert.throws(() => read(many, list(list(uint64)).decode), /RLP: too many items/)
    // What stands for none is one too.
    const none = encodeRlp(Array.from({ length: 9 }, () => 0n))
    assert.equal(read(none, list(optionalAddress).decode, { maxItems: 10 }).length, 9)
    assert.throws(() => read(none, list(optionalAddress).decode, { maxItems: 9 }), /RLP: too many items/)
  })

  test('lengths beyond the input, or beyond exact numbers', () => {
    for (const prefix of ['bfffffffffffffffff', 'bf0100000000000000', 'ffffffffffffffffff', 'b8', 'f9ff', '81', 'c1']) {
      assert.throws(() => read(Buffer.from(prefix, 'hex'), strings.decode), DecodeError, prefix)
    }
  })

  test('only the shortest form of a length', () => {
    const cases: readonly (readonly [prefix: string, length: number, isAccepted: boolean])[] = [
      ['b7', 55, true],
      ['b837', 55, false],
      ['b838', 56, true],
      ['b90038', 56, false],
      ['b8ff', 255, true],
      ['b900ff', 255, false],
      ['b90100', 256, true],
      ['ba000100', 256, false],
    ]
    for (const [prefix, length, isAccepted] of cases) {
      const string = Buffer.concat([Buffer.from(prefix, 'hex'), new Uint8Array(length)])
      // The same prefix of a list: of single bytes.
      const list = Buffer.from(string)
      list[0]! += 0x40
      if (isAccepted) {
        assert.deepEqual(read(string, byteString.decode), new Uint8Array(length), prefix)
        assert.equal(read(list, strings.decode).length, length, prefix)
      } else {
        assert.throws(() => read(string, byteString.decode), /RLP: length not in its shortest form/, prefix)
        assert.throws(() => read(list, strings.decode), /RLP: length not in its shortest form/, prefix)
      }
    }
  })

  test('a million lists in each other', () => {
    assert.throws(() => read(new Uint8Array(1_000_000).fill(0xc1), strings.decode), DecodeError)
  })
})

describe('memory', () => {
  const parts = [Uint8Array.of(1, 2, 3, 4, 5), new Uint8Array(500).fill(7), Uint8Array.of(7), new Uint8Array(65)]
  const encoded = encodeRlp(parts)

  test('byte strings own theirs', () => {
    for (const bytes of [encoded.slice(), Buffer.from(encoded), Buffer.concat([encoded])]) {
      const decoded = read(bytes, strings.decode)
      bytes.fill(0)
      assert.deepEqual(decoded, parts)
      for (const part of decoded) assert.equal(part.buffer.byteLength, part.length)
    }
  })

  test('byte strings of bytes that are kept are windows on them', () => {
    for (const bytes of [encoded.slice(), Buffer.from(encoded), Buffer.concat([encoded])]) {
      const decoded = read(bytes, strings.decode, { areKept: true })
      assert.deepEqual(decoded, parts)
      for (const part of decoded) assert.equal(part.buffer, bytes.buffer)
    }
  })

  test('only a window is copied to be owned', () => {
    assert.equal(ownedBytes(encoded), encoded)
    const window = encoded.subarray(1)
    assert.deepEqual(ownedBytes(window), window)
    assert.equal(ownedBytes(window).buffer.byteLength, window.length)
  })
})

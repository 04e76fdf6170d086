import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { RLP } from '@ethereumjs/rlp'
import { Random, seedFromEnvironment } from '../test/support/random.ts'
import { DecodeError } from './errors.ts'
import { bytesToHex, hexToBytes } from './hex.ts'
import { asBytes, asList, asUint, decodeRlp, encodeRlp, type RlpItem } from './rlp.ts'

function randomItem(random: Random, depth: number): RlpItem {
  if (depth === 0 || random.chance(0.6)) {
    const length = random.pick([0, 1, 1, 2, 20, 32, 54, 55, 56, 57, 255, 256, 300])
    return Uint8Array.from({ length }, () => random.below(256))
  }
  return Array.from({ length: random.below(6) }, () => randomItem(random, depth - 1))
}

function plain(item: RlpItem): unknown {
  return Array.isArray(item) ? item.map(plain) : bytesToHex(item)
}

describe('properties', () => {
  const seed = seedFromEnvironment()

  test(`there and back, as another implementation does it (seed ${seed})`, () => {
    const random = new Random(seed)
    for (let run = 0; run < 500; run++) {
      const item = randomItem(random, 5)
      const bytes = encodeRlp(item)
      assert.deepEqual(bytes, RLP.encode(item))
      assert.deepEqual(plain(decodeRlp(bytes)), plain(item))
    }
  })

  test(`whatever is accepted is canonical (seed ${seed})`, () => {
    const random = new Random(seed)
    let accepted = 0
    for (let run = 0; run < 3_000; run++) {
      const bytes = encodeRlp(randomItem(random, 3))
      if (bytes.length > 0) bytes[random.below(Math.min(bytes.length, 8))] = random.below(256)
      const cut = random.chance(0.3) ? bytes.slice(0, random.below(bytes.length + 1)) : bytes
      try {
        assert.deepEqual(encodeRlp(decodeRlp(cut)), cut)
        accepted++
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error
      }
    }
    assert.ok(accepted > 100, `only ${accepted} were accepted`)
  })
})

describe('bounds', () => {
  test('depth', () => {
    const nested = (depth: number): Uint8Array => {
      let item: RlpItem = []
      for (let level = 1; level < depth; level++) item = [item]
      return encodeRlp(item)
    }
    assert.doesNotThrow(() => decodeRlp(nested(16)))
    assert.throws(() => decodeRlp(nested(17)), /deep/)
    assert.doesNotThrow(() => decodeRlp(nested(17), { maxDepth: 17 }))
    // 0xc0 wrapped a million times: must fail before the stack does.
    const hostile = new Uint8Array(1_000_000).fill(0xc1)
    assert.throws(() => decodeRlp(hostile), DecodeError)
    // Depth is of nesting, not of lists in all.
    assert.doesNotThrow(() => decodeRlp(encodeRlp(Array.from({ length: 50 }, () => []))))
  })

  test('items', () => {
    const ten = encodeRlp(Array.from({ length: 9 }, () => Uint8Array.of(1)))
    assert.doesNotThrow(() => decodeRlp(ten, { maxItems: 10 }))
    assert.throws(() => decodeRlp(ten, { maxItems: 9 }), /many/)
  })

  test('lengths beyond the input, or beyond exact numbers', () => {
    for (const hex of [
      '0xbfffffffffffffffff',
      '0xffffffffffffffffff',
      '0xbf0100000000000000',
      '0xb8',
      '0xf9ff',
      '0x',
    ]) {
      assert.throws(() => decodeRlp(hexToBytes(hex)), DecodeError, hex)
    }
  })
})

test('decoded byte strings own their memory, those of a Buffer too', () => {
  const bytes = encodeRlp([Uint8Array.of(1, 2, 3, 4, 5), new Uint8Array(500), Uint8Array.of(7)])
  for (const input of [Buffer.from(bytes), Buffer.concat([bytes]), bytes]) {
    const [first, , last] = asList(decodeRlp(input), 'list')
    assert.equal(asBytes(first, 'first').buffer.byteLength, 5)
    assert.equal(Object.getPrototypeOf(first), Uint8Array.prototype)
    input.fill(0)
    assert.deepEqual(first, Uint8Array.of(1, 2, 3, 4, 5))
    assert.deepEqual(last, Uint8Array.of(7))
  }
})

test('numbers below zero have no encoding', () => {
  assert.throws(() => encodeRlp([1n, -1n]), RangeError)
  assert.deepEqual(encodeRlp([1n]), Uint8Array.of(0xc1, 1))
})

test('encodings longer than what they are written into', () => {
  for (const length of [1 << 14, 1 << 16, 1 << 23]) {
    const item = [Uint8Array.of(1), new Uint8Array(length).fill(2), [300n, '0xabcdef']] as const
    assert.deepEqual(encodeRlp(item), RLP.encode([item[0], item[1], [300n, item[2][1]]]))
  }
  assert.deepEqual(encodeRlp(300n), Uint8Array.of(0x82, 1, 44))
})

test('readers name the field', () => {
  assert.throws(() => asList(Uint8Array.of(1), 'block.ommers'), /block\.ommers/)
  assert.throws(() => asList([], 'header', 15), /header: expected 15 items, not 0/)
  assert.throws(() => asBytes([], 'header.nonce'), /header\.nonce/)
  assert.throws(() => asBytes(new Uint8Array(7), 'header.nonce', 8), /8 bytes, not 7/)
  assert.throws(() => asBytes(undefined, 'header.nonce'), /header\.nonce/)
  assert.throws(() => asUint(Uint8Array.of(0, 1), 'gas', 8), /gas: integer with leading zeros/)
  assert.throws(() => asUint(Uint8Array.of(0), 'gas', 8), /gas/)
  assert.throws(() => asUint(new Uint8Array(9).fill(1), 'gas', 8), /gas: expected at most 8 bytes/)
  assert.equal(asUint(new Uint8Array(0), 'gas', 8), 0n)
  assert.equal(asUint(new Uint8Array(8).fill(255), 'gas', 8), 2n ** 64n - 1n)
})

test('errors say in their details what is wrong with which field', () => {
  const cases: readonly (readonly [read: () => unknown, details: object])[] = [
    [() => decodeRlp(Uint8Array.of(0x81)), { problem: 'rlp' }],
    [() => decodeRlp(Uint8Array.of(0x81, 0x01)), { problem: 'rlp' }],
    [() => asList(Uint8Array.of(1), 'ommers'), { problem: 'kind', field: 'ommers' }],
    [() => asList([], 'header', 15), { problem: 'count', field: 'header', expected: 15, actual: 0 }],
    [() => asBytes([], 'nonce'), { problem: 'kind', field: 'nonce' }],
    [() => asBytes(new Uint8Array(7), 'nonce', 8), { problem: 'length', field: 'nonce', expected: 8, actual: 7 }],
    [() => asUint(new Uint8Array(9).fill(1), 'gas', 8), { problem: 'overflow', field: 'gas' }],
    // Zeros first: without them it may fit.
    [() => asUint(new Uint8Array(9), 'gas', 8), { problem: 'leading-zeros', field: 'gas' }],
  ]
  for (const [read, details] of cases) {
    assert.throws(read, (error: DecodeError) => {
      assert.deepEqual(error.details, details)
      return true
    })
  }
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Random, seedFromEnvironment } from '../test/support/random.ts'
import { DecodeError } from './errors.ts'
import {
  addressItem,
  bitItem,
  bytesItem,
  compareDecoding,
  type FromItem,
  hashItem,
  itemTree,
  listItem,
  optionalItem,
  randomBytes,
  randomHex,
  randomUint,
  recordItem,
  several,
  uintItem,
  wordItem,
} from './fixtures/item-tree.ts'
import { encodeRlp, type RlpInput } from './rlp.ts'
import {
  address,
  bit,
  byteString,
  type Codec,
  fixedBytes,
  hash,
  list,
  optionalAddress,
  record,
  uint,
  uint64,
  uint256,
  word,
} from './rlp-codec.ts'
import { type Read, RlpCursor } from './rlp-cursor.ts'

/** A format in both ways of decoding, and values of it. */
interface Format {
  readonly codec: Codec<unknown>
  readonly fromItem: FromItem<unknown>
  make(): unknown
}

/** A format put together at random. */
function randomFormat(random: Random, depth: number): Format {
  const make = depth === 0 ? leaves : random.chance(0.5) ? leaves : composites
  return random.pick(make)(random, depth)
}

type MakeFormat = (random: Random, depth: number) => Format

const leaves: readonly MakeFormat[] = [
  (random) => {
    const maxBytes = random.pick([1, 2, 6, 7, 8, 9, 16, 17, 24, 25, 31, 32])
    return {
      codec: uint(maxBytes) as Codec<unknown>,
      fromItem: uintItem(maxBytes),
      make: () => randomUint(random, maxBytes),
    }
  },
  (random) => ({ codec: bit as Codec<unknown>, fromItem: bitItem, make: () => BigInt(random.below(2)) }),
  (random) => {
    const make = () => randomBytes(random, random.pick([0, 1, 2, 55, 56, 63, 64, 65, 66, 300]))
    return { codec: byteString as Codec<unknown>, fromItem: bytesItem(), make }
  },
  (random) => {
    const length = random.pick([0, 1, 8, 48, 256])
    const make = () => randomBytes(random, length)
    return { codec: fixedBytes(length) as Codec<unknown>, fromItem: bytesItem(length), make }
  },
  (random) => ({ codec: address as Codec<unknown>, fromItem: addressItem, make: () => randomHex(random, 20) }),
  (random) => ({
    codec: optionalAddress as Codec<unknown>,
    fromItem: optionalItem(addressItem, undefined),
    make: () => (random.chance(0.5) ? undefined : randomHex(random, 20)),
  }),
  (random) => ({ codec: hash as Codec<unknown>, fromItem: hashItem, make: () => randomHex(random, 32) }),
  (random) => ({ codec: word as Codec<unknown>, fromItem: wordItem, make: () => randomUint(random, 32) }),
]

const composites: readonly MakeFormat[] = [
  (random, depth) => {
    const { codec, fromItem, make } = randomFormat(random, depth - 1)
    const maxLength = random.pick([undefined, 3, 4])
    return {
      codec: list(codec, maxLength) as Codec<unknown>,
      fromItem: listItem(fromItem, maxLength),
      make: () => several(random, make),
    }
  },
  (random, depth) => {
    const fields = several(random, () => randomFormat(random, depth - 1), 5).map(
      (format, index) => [`field${index}`, format] as const,
    )
    const each = <T>(part: (format: Format) => T) =>
      Object.fromEntries(fields.map(([key, format]) => [key, part(format)]))
    return {
      codec: record(
        'record',
        each(({ codec }) => codec),
      ) as Codec<unknown>,
      fromItem: recordItem(each(({ fromItem }) => fromItem)),
      make: () => each(({ make }) => make()),
    }
  },
]

const seed = seedFromEnvironment()

test(`reading in place gives what a tree of items does (seed ${seed})`, () => {
  const random = new Random(seed)
  // Several formats side by side: one alone may be so lax or so strict that there is nothing to tell apart.
  for (let round = 0; round < 20; round++) {
    const formats = Array.from({ length: 10 }, () => randomFormat(random, 3))
    compareDecoding<{ readonly format: number; readonly value: unknown }>({
      random,
      name: `seed ${seed}, round ${round}`,
      runs: 200,
      make: () => {
        const format = random.below(formats.length)
        return { format, value: formats[format]!.make() }
      },
      encode: ({ format, value }) => new Uint8Array([format, ...encodeRlp(formats[format]!.codec.encode(value))]),
      decode: (bytes) => {
        const format = bytes[0]!
        return { format, value: whole(formats[format]!.codec.decode, bytes.subarray(1)) }
      },
      decodeItems: (bytes) => {
        const format = bytes[0]!
        return { format, value: formats[format]!.fromItem(itemTree(bytes.subarray(1))) }
      },
      skipped: () => 1,
    })
  }
})

function whole<T>(read: Read<T>, bytes: Uint8Array): T {
  return new RlpCursor(bytes).whole(read, 'field')
}

test('errors say in their details what is wrong with which field', () => {
  const pair = record<{ a: bigint; b: Uint8Array }>('pair', { a: uint64, b: fixedBytes(2) })
  const two = new Uint8Array(2)
  const cases: readonly (readonly [read: Read<unknown>, item: RlpInput, details: object])[] = [
    [pair.decode, two, { problem: 'kind', field: 'field' }],
    [pair.decode, [1n], { problem: 'count', field: 'field', expected: 2, actual: 1 }],
    [pair.decode, [1n, two, []], { problem: 'count', field: 'field', expected: 2, actual: 3 }],
    [pair.decode, [[], two], { problem: 'kind', field: 'pair.a' }],
    [pair.decode, [1n, new Uint8Array(3)], { problem: 'length', field: 'pair.b', expected: 2, actual: 3 }],
    [pair.decode, [1n << 64n, two], { problem: 'overflow', field: 'pair.a' }],
    // Zeros first: without them it may fit.
    [pair.decode, [new Uint8Array(9), two], { problem: 'leading-zeros', field: 'pair.a' }],
    [bit.decode, 2n, { problem: 'overflow', field: 'field' }],
    [list(uint64, 2).decode, [1n, 2n, 3n], { problem: 'count', field: 'field', actual: 3 }],
    // How many there are is looked at first.
    [pair.decode, [[], [], []], { problem: 'count', field: 'field', expected: 2, actual: 3 }],
    [list(uint64, 2).decode, [[], [], []], { problem: 'count', field: 'field', actual: 3 }],
    [address.decode, new Uint8Array(19), { problem: 'length', field: 'field', expected: 20, actual: 19 }],
    [optionalAddress.decode, [], { problem: 'kind', field: 'field' }],
  ]
  for (const [read, item, details] of cases) {
    assert.throws(
      () => whole(read, encodeRlp(item)),
      (error: DecodeError) => {
        assert.ok(error instanceof DecodeError)
        assert.deepEqual(error.details, details)
        return true
      },
    )
  }
})

test('nothing may stand before or behind the item', () => {
  const bytes = encodeRlp([1n, 2n])
  const read = list(uint256).decode
  assert.deepEqual(whole(read, bytes), [1n, 2n])
  assert.throws(() => whole(read, new Uint8Array([...bytes, 0xc0])), /RLP: 1 bytes too many/)
  assert.throws(() => whole(read, bytes.subarray(0, 2)), /RLP: input ends early/)
  assert.throws(() => whole(read, new Uint8Array(0)), /RLP: input ends early/)
})

test('an item ends within the list around it', () => {
  // [[01, 02], 03], where the inner list claims one byte more than it has, then three.
  for (const claimed of [3, 5]) {
    const bytes = Uint8Array.of(0xc4, 0xc0 + claimed, 1, 2, 3)
    const read = record('pair', { inner: list(uint64), last: uint64 }).decode
    assert.throws(() => whole(read, bytes), DecodeError, `${claimed}`)
  }
})

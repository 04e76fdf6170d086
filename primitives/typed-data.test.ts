import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keccak256 as ethersKeccak, TypedDataEncoder, toUtf8Bytes } from 'ethers'
import { readVectors, skipWithout } from './fixtures/vectors.ts'
import { bytesToHex } from './hex.ts'
import { type TypedData, typedDataHash } from './typed-data.ts'

/** The example of EIP-712. */
const MAIL: TypedData = {
  types: {
    EIP712Domain: [
      { name: 'name', type: 'string' },
      { name: 'version', type: 'string' },
      { name: 'chainId', type: 'uint256' },
      { name: 'verifyingContract', type: 'address' },
    ],
    Person: [
      { name: 'name', type: 'string' },
      { name: 'wallet', type: 'address' },
    ],
    Mail: [
      { name: 'from', type: 'Person' },
      { name: 'to', type: 'Person' },
      { name: 'contents', type: 'string' },
    ],
  },
  primaryType: 'Mail',
  domain: {
    name: 'Ether Mail',
    version: '1',
    chainId: 1,
    verifyingContract: '0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC',
  },
  message: {
    from: { name: 'Cow', wallet: '0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826' },
    to: { name: 'Bob', wallet: '0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB' },
    contents: 'Hello, Bob!',
  },
}

function hashOf(typedData: Partial<TypedData>): string {
  return bytesToHex(typedDataHash({ ...MAIL, ...typedData }))
}

/** One member of that type and value. */
function single(type: string, value: unknown): Partial<TypedData> {
  return { types: { S: [{ name: 'a', type }] }, primaryType: 'S', domain: {}, message: { a: value } }
}

test('the example of EIP-712, with the type of its domain and without', () => {
  const expected = '0xbe609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2'
  assert.equal(hashOf({}), expected)
  const { EIP712Domain: _, ...types } = MAIL.types
  assert.equal(hashOf({ types }), expected)
})

interface Vector extends Pick<TypedData, 'types' | 'primaryType' | 'domain'> {
  readonly name: string
  readonly data: Readonly<Record<string, unknown>>
  readonly digest: string
}

const FILE = 'ethers/typed-data.json.gz'
test("ethers' vectors", { skip: skipWithout(FILE) }, () => {
  const vectors = readVectors<readonly Vector[]>(FILE)
  assert.ok(vectors.length > 100)
  for (const { name, data, digest, ...typedData } of vectors) {
    assert.equal(hashOf({ ...typedData, message: data }), digest, name)
  }
})

test('arrays of structs and of arrays, and integers in every notation, are as ethers has them', () => {
  const types = {
    Item: [{ name: 'x', type: 'int16' }],
    Box: [
      { name: 'items', type: 'Item[2][]' },
      { name: 'none', type: 'Item[]' },
      { name: 'salt', type: 'bytes4' },
    ],
  }
  const message = { items: [[{ x: -1 }, { x: '-0x7f' }]], none: [], salt: '0x01020304' }
  const asNumbers = { ...message, items: [[{ x: -1 }, { x: -127 }]] }
  const domain = { name: 'n', salt: `0x${'ab'.repeat(32)}` }
  const expected = TypedDataEncoder.hash(domain, types, asNumbers)
  assert.equal(hashOf({ types, primaryType: 'Box', domain, message }), expected)
  assert.equal(hashOf(single('uint256', `0x${'f'.repeat(64)}`)), hashOf(single('uint256', String(2n ** 256n - 1n))))
})

test('a primary type EIP712Domain is the domain alone; a struct that is absent is 32 zero bytes', () => {
  const separator = TypedDataEncoder.hashDomain(MAIL.domain)
  assert.equal(hashOf({ primaryType: 'EIP712Domain', message: {} }), ethersKeccak(`0x1901${separator.slice(2)}`))

  const list = { Node: [{ name: 'next', type: 'Node' }] }
  const typeHash = ethersKeccak(toUtf8Bytes('Node(Node next)')).slice(2)
  const last = ethersKeccak(`0x${typeHash}${'00'.repeat(32)}`).slice(2)
  const first = ethersKeccak(`0x${typeHash}${last}`).slice(2)
  const expected = ethersKeccak(`0x1901${separator.slice(2)}${first}`)
  for (const message of [{ next: {} }, { next: { next: null } }]) {
    assert.equal(
      hashOf({ types: { EIP712Domain: MAIL.types.EIP712Domain!, ...list }, primaryType: 'Node', message }),
      expected,
    )
  }
})

test('values that their types do not have are refused by their place', () => {
  const cases: readonly (readonly [string, unknown, RegExp])[] = [
    ['bool', 'true', /message\.a must be true or false/],
    ['bool', undefined, /message\.a must be/],
    ['string', 1, /must be a string/],
    ['address', '0x12', /must be an address/],
    ['address', 5, /must be an address/],
    ['bytes', '0x123', /whole bytes/],
    ['bytes', 'x', /whole bytes/],
    ['bytes2', '0x010203', /2 bytes, not 3/],
    ['uint8', 256, /does not fit uint8/],
    ['uint8', -1, /does not fit uint8/],
    ['int8', 128, /does not fit int8/],
    ['int8', '-129', /does not fit int8/],
    ['uint256', 2 ** 53, /must be an integer/],
    ['uint256', '1.5', /must be an integer/],
    ['uint256', '', /must be an integer/],
    ['uint256', '9'.repeat(100_000), /must be an integer/],
    ['uint8[]', 1, /must be an array/],
    ['uint8[2]', [1], /must have 2 items/],
    ['uint8[]', [1, 'x'], /message\.a\.1 must be an integer/],
    ['S', [], /message\.a must be a S/],
    ['S', 7, /message\.a must be a S/],
  ]
  for (const [type, value, problem] of cases)
    assert.throws(() => hashOf(single(type, value)), problem, `${type}: ${value}`)
  // Nothing is taken from prototypes.
  assert.throws(
    () => hashOf({ ...single('string', ''), message: Object.create({ a: 'x' }) }),
    /message\.a must be a string/,
  )
})

test('types that are none are refused', () => {
  for (const type of [
    'uint',
    'int7',
    'uint264',
    'uint0',
    'bytes0',
    'bytes33',
    'T',
    'uint8[',
    'uint8[-1]',
    '',
    'uint8[]x',
  ]) {
    assert.throws(() => hashOf(single(type, 1)), /types\.S\.a has the unknown type/, type)
  }
  assert.throws(() => hashOf(single('uint', 1)), /writes it uint256/)
  const field = { name: 'a', type: 'bool' }
  assert.throws(() => hashOf({ types: { S: [field, field] }, primaryType: 'S', domain: {} }), /has a twice/)
  assert.throws(() => hashOf({ types: { 'A B': [field] }, primaryType: 'A B' }), /no name for a struct/)
  assert.throws(() => hashOf({ types: { uint256: [field] }, primaryType: 'uint256' }), /no name for a struct/)
  assert.throws(() => hashOf({ types: { S: [{ ...field, name: 'a,b' }] }, primaryType: 'S' }), /no name for a member/)
  for (const primaryType of ['toString', '__proto__', 'None']) {
    assert.throws(() => hashOf({ primaryType }), /primaryType .* is not among the types/)
  }
})

test('types, depth and values have bounds, which are reached at once', () => {
  const field = { name: 'a', type: 'bool' }
  const many = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`S${index}`, [field]]))
  assert.throws(() => hashOf({ types: many, primaryType: 'S0' }), /more than 100/)
  const long = { S: [{ name: 'a'.repeat(33_000), type: 'bool' }] }
  assert.throws(() => hashOf({ types: long, primaryType: 'S' }), /longer than 32768/)

  let list: unknown = null
  for (let depth = 0; depth < 100; depth++) list = { a: list }
  assert.throws(() => hashOf(single('S', list)), /64 levels deep/)
  let array: unknown = []
  for (let depth = 0; depth < 100; depth++) array = [array]
  assert.throws(() => hashOf(single(`S${'[]'.repeat(101)}`, array)), /64 levels deep/)

  assert.throws(() => hashOf(single('bool[]', new Array(20_001).fill(true))), /beyond 20000 values/)
  assert.match(hashOf(single('bool[]', new Array(19_999).fill(true))), /^0x/)
})

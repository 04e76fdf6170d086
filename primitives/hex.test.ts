import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DecodeError } from './errors.ts'
import {
  addressToWord,
  bytesToAddress,
  bytesToHash,
  bytesToHex,
  hashToWord,
  hexToBytes,
  isAddress,
  isHash,
  parseAddress,
  parseHash,
  quantityToHex,
  toChecksumAddress,
  wordToAddress,
  wordToHash,
} from './hex.ts'

test('bytes to hex and back', () => {
  const bytes = Uint8Array.of(0, 1, 0xab, 0xff)
  assert.equal(bytesToHex(bytes), '0x0001abff')
  assert.equal(bytesToHex(bytes.subarray(1, 3)), '0x01ab')
  assert.deepEqual(hexToBytes('0x0001abff'), bytes)
  assert.deepEqual(hexToBytes('0x0001ABff'), bytes)
  assert.deepEqual(hexToBytes('0x'), new Uint8Array(0))
  assert.equal(hexToBytes('0x01').buffer.byteLength, 1)
})

test('bytes of any length to hex, windows too', () => {
  const bytes = Uint8Array.from({ length: 300 }, (_, index) => index * 7)
  for (const length of [0, 1, 20, 32, 63, 64, 65, 128, 300]) {
    for (const source of [bytes.slice(0, length), bytes.subarray(0, length)]) {
      assert.equal(bytesToHex(source), `0x${Buffer.from(source).toString('hex')}`, String(length))
      assert.deepEqual(hexToBytes(bytesToHex(source)), bytes.slice(0, length))
    }
  }
})

test('what is not hex is refused', () => {
  for (const text of ['', '0', '01', '0x1', '0x0g', '0xg0', '0x00g', '0x 1', '0x0x', '0X01', '0x01 ', '0xä0']) {
    assert.throws(() => hexToBytes(text), DecodeError, JSON.stringify(text))
  }
})

test('addresses and hashes have one length', () => {
  assert.equal(bytesToAddress(new Uint8Array(20).fill(0xab)), `0x${'ab'.repeat(20)}`)
  assert.equal(bytesToHash(new Uint8Array(32).fill(1)), `0x${'01'.repeat(32)}`)
  assert.throws(() => bytesToAddress(new Uint8Array(21)), DecodeError)
  assert.throws(() => bytesToHash(new Uint8Array(31)), DecodeError)
})

test('words', () => {
  const address = `0x${'00'.repeat(18)}abcd` as const
  assert.equal(wordToAddress(0xabcdn), address)
  assert.equal(wordToAddress((7n << 160n) | 0xabcdn), address)
  assert.equal(addressToWord(address), 0xabcdn)
  assert.equal(wordToHash(1n), `0x${'0'.repeat(63)}1`)
  assert.equal(hashToWord(wordToHash(2n ** 256n - 1n)), 2n ** 256n - 1n)
  assert.throws(() => wordToHash(2n ** 256n), RangeError)
})

test('quantities have no leading zeros', () => {
  assert.equal(quantityToHex(0n), '0x0')
  assert.equal(quantityToHex(255), '0xff')
  assert.equal(quantityToHex(2n ** 64n), '0x10000000000000000')
})

test('isAddress and isHash take our form only', () => {
  assert.ok(isAddress(`0x${'ab'.repeat(20)}`))
  assert.ok(!isAddress(`0x${'AB'.repeat(20)}`))
  assert.ok(!isAddress(`0x${'ab'.repeat(19)}`))
  assert.ok(!isAddress(`0x${'ab'.repeat(20)}\n`))
  assert.ok(!isAddress(12))
  assert.ok(isHash(`0x${'0f'.repeat(32)}`))
  assert.ok(!isHash(`0x${'0g'.repeat(32)}`))
})

/** The examples of EIP-55. */
const CHECKSUMMED = [
  '0x52908400098527886E0F7030069857D2E4169EE7',
  '0x8617E340B3D01FA5F11F306F4090FD50E238070D',
  '0xde709f2102306220921060314715629080e2fb77',
  '0x27b1fdb04752bbc536007a920d24acb045561c26',
  '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
  '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359',
  '0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB',
  '0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb',
]

test('EIP-55: checksums', () => {
  for (const text of CHECKSUMMED) {
    const address = parseAddress(text)
    assert.equal(address, text.toLowerCase())
    assert.equal(toChecksumAddress(address), text)
  }
  assert.equal(parseAddress('0xD1220A0CF47C7B9BE7A2E6BA89F429762E7B9ADB'), '0xd1220a0cf47c7b9be7a2e6ba89f429762e7b9adb')
  assert.throws(() => parseAddress('0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDB'), DecodeError)
  assert.throws(() => parseAddress('0x12'), DecodeError)
})

test('parseHash lowers', () => {
  assert.equal(parseHash(`0x${'AB'.repeat(32)}`), `0x${'ab'.repeat(32)}`)
  assert.throws(() => parseHash('0xab'), DecodeError)
})

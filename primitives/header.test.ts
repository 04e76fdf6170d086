import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DecodeError } from './errors.ts'
import { decodeHeader, encodeHeader, type Header, headerHash } from './header.ts'
import { ZERO_ADDRESS, ZERO_HASH } from './hex.ts'
import { EMPTY_OMMERS_HASH, EMPTY_TRIE_ROOT } from './keccak.ts'
import { asList, decodeRlp, encodeRlp, type RlpItem } from './rlp.ts'

const FRONTIER: Header = {
  parentHash: ZERO_HASH,
  ommersHash: EMPTY_OMMERS_HASH,
  coinbase: ZERO_ADDRESS,
  stateRoot: '0xd7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544',
  transactionsRoot: EMPTY_TRIE_ROOT,
  receiptsRoot: EMPTY_TRIE_ROOT,
  logsBloom: new Uint8Array(256),
  difficulty: 17_179_869_184n,
  number: 0n,
  gasLimit: 5_000n,
  gasUsed: 0n,
  timestamp: 0n,
  extraData: Buffer.from('11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa', 'hex'),
  mixHash: ZERO_HASH,
  nonce: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0x42),
}
const LONDON: Header = { ...FRONTIER, baseFeePerGas: 7n }
const SHANGHAI: Header = { ...LONDON, withdrawalsRoot: EMPTY_TRIE_ROOT }
const CANCUN: Header = { ...SHANGHAI, blobGasUsed: 131_072n, excessBlobGas: 1n, parentBeaconBlockRoot: ZERO_HASH }
const PRAGUE: Header = { ...CANCUN, requestsHash: ZERO_HASH }
const PLAN = { blockAccessListHash: EMPTY_OMMERS_HASH, plan: Uint8Array.of(1, 0) }

test("mainnet's genesis has its hash", () => {
  assert.equal(headerHash(FRONTIER), '0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3')
})

describe('the number of fields says which there are', () => {
  const cases: [string, number, Header][] = [
    ['frontier', 15, FRONTIER],
    ['london', 16, LONDON],
    ['shanghai', 17, SHANGHAI],
    ['cancun', 20, CANCUN],
    ['prague', 21, PRAGUE],
    ['cancun with plan', 22, { ...CANCUN, ...PLAN }],
    ['prague with plan', 23, { ...PRAGUE, ...PLAN }],
  ]
  for (const [name, count, header] of cases) {
    test(name, () => {
      const bytes = encodeHeader(header)
      assert.equal(asList(decodeRlp(bytes), 'header').length, count)
      const decoded = decodeHeader(bytes)
      assert.deepEqual(decoded, { ...header, extraData: new Uint8Array(header.extraData) })
      assert.deepEqual(encodeHeader(decoded), bytes)
    })
  }

  test('every other number is refused', () => {
    const [value] = [new Uint8Array(0)]
    for (const count of [0, 1, 14, 18, 19, 24, 30]) {
      const items: RlpItem[] = Array.from({ length: count }, () => value!)
      assert.throws(() => decodeHeader(encodeRlp(items)), /no hardfork has \d+ fields/, `${count}`)
    }
  })
})

test('a header with gaps is a bug of ours', () => {
  assert.throws(() => encodeHeader({ ...LONDON, requestsHash: ZERO_HASH }), /no hardfork/)
  assert.throws(() => encodeHeader({ ...PRAGUE, plan: PLAN.plan }), /no hardfork/)
  assert.throws(() => encodeHeader({ ...SHANGHAI, ...PLAN }), /no hardfork/)
  assert.throws(() => encodeHeader({ ...FRONTIER, withdrawalsRoot: ZERO_HASH }), /no hardfork/)
})

describe('decoding names the field', () => {
  const cases: [number, RlpItem, RegExp][] = [
    [0, new Uint8Array(31), /header\.parentHash/],
    [2, new Uint8Array(32), /header\.coinbase/],
    [6, new Uint8Array(255), /header\.logsBloom/],
    [8, Uint8Array.of(0, 1), /header\.number/],
    [9, new Uint8Array(9).fill(1), /header\.gasLimit/],
    [12, [], /header\.extraData|nested too deep/],
    [14, new Uint8Array(7), /header\.nonce/],
    [15, new Uint8Array(33).fill(1), /header\.baseFeePerGas/],
    [21, new Uint8Array(0), /header\.blockAccessListHash/],
  ]
  for (const [index, item, message] of cases) {
    test(String(message), () => {
      const items = asList(decodeRlp(encodeHeader({ ...PRAGUE, ...PLAN })), 'header').with(index, item)
      assert.throws(
        () => decodeHeader(encodeRlp(items)),
        (error) => error instanceof DecodeError && message.test(error.message),
      )
    })
  }
})

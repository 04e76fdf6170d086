import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bloomMayContain, logsBloom, orBlooms } from './bloom.ts'
import { DecodeError } from './errors.ts'
import { type Address, bytesToHex, type Hash, ZERO_HASH } from './hex.ts'
import { decodeReceipt, encodeReceipt, type Log, type Receipt } from './receipt.ts'
import { decodeRlp, encodeRlp, type RlpItem } from './rlp.ts'

const ADDRESS: Address = `0x${'11'.repeat(20)}`
const TOPIC: Hash = `0x${'de'.repeat(32)}`
const LOGS: Log[] = [
  { address: ADDRESS, topics: [], data: new Uint8Array(0) },
  { address: ADDRESS, topics: [TOPIC, ZERO_HASH], data: Uint8Array.of(1, 0, 0xff) },
]
const RECEIPT: Receipt = { type: 0, status: true, cumulativeGasUsed: 21_000n, logsBloom: logsBloom(LOGS), logs: LOGS }

test('there and back: every type and status, with and without operationsHash', () => {
  for (const type of [0, 1, 2, 3, 4] as const) {
    for (const status of [true, false, TOPIC]) {
      for (const extra of [{}, { operationsHash: TOPIC }]) {
        const receipt: Receipt = { ...RECEIPT, type, status, ...extra }
        const bytes = encodeReceipt(receipt)
        assert.deepEqual(decodeReceipt(bytes), receipt)
        if (type !== 0) assert.equal(bytes[0], type)
      }
    }
  }
})

test('EIP-2718: the receipt of type 1 in geth', () => {
  // core/types: a failed receipt with two logs, cumulative gas 1: 01 | rlp([status, gas, bloom, logs]).
  const bytes = encodeReceipt({
    type: 1,
    status: false,
    cumulativeGasUsed: 1n,
    logsBloom: new Uint8Array(256),
    logs: [],
  })
  assert.equal(bytesToHex(bytes), `0x01f901068001b90100${'00'.repeat(256)}c0`)
})

test('what is no receipt', () => {
  const fields = decodeRlp(encodeReceipt(RECEIPT)) as RlpItem[]
  const cases: [RlpItem, RegExp][] = [
    [fields.with(0, Uint8Array.of(2)), /receipt\.status/],
    [fields.with(0, Uint8Array.of(0)), /receipt\.status/],
    [fields.with(0, new Uint8Array(31)), /receipt\.status/],
    [fields.with(1, Uint8Array.of(0)), /receipt\.cumulativeGasUsed/],
    [fields.with(2, new Uint8Array(1)), /receipt\.logsBloom/],
    [fields.with(3, [[new Uint8Array(20), Array(5).fill(new Uint8Array(32)), new Uint8Array(0)]]), /log\.topics/],
    [fields.slice(1), /expected 4 items, not 3/],
    [[...fields, new Uint8Array(32), new Uint8Array(32)], /expected 4 items, not 6/],
    [[...fields, new Uint8Array(31)], /receipt\.operationsHash/],
  ]
  for (const [item, message] of cases) assert.throws(() => decodeReceipt(encodeRlp(item)), message)
  const payload = encodeRlp(fields)
  for (const bytes of [new Uint8Array(0), Uint8Array.of(5, ...payload), Uint8Array.of(0, ...payload)]) {
    assert.throws(() => decodeReceipt(bytes), DecodeError)
  }
})

test('what is decoded keeps the encoding, and no more than that', () => {
  const bytes = encodeReceipt(RECEIPT)
  const decoded = decodeReceipt(bytes)
  assert.equal(encodeReceipt(decoded), bytes)
  assert.equal(decoded.logsBloom.buffer, bytes.buffer)
  const message = Buffer.concat([new Uint8Array(1_000), bytes])
  const ofMessage = decodeReceipt(message.subarray(1_000))
  message.fill(0)
  assert.deepEqual(ofMessage, decoded)
  assert.equal(ofMessage.logsBloom.buffer.byteLength, bytes.length)
})

test('the bloom of a log, bit by bit (Yellow Paper 4.4.3)', () => {
  const bloom = logsBloom([
    { address: '0x095e7baea6a6c7c4c2dfeb977efac326af552d87', topics: [ZERO_HASH], data: new Uint8Array(0) },
  ])
  const bits = [...bloom].flatMap((byte, index) =>
    [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => byte & (1 << bit)).map((bit) => (255 - index) * 8 + bit),
  )
  // keccak256(address) begins 0fbc 62ba 90de, keccak256(topic) 290d ecd9 548b: the low 11 bits of each.
  assert.deepEqual(
    bits.sort((a, b) => a - b),
    [0x0fbc, 0x62ba, 0x90de, 0x290d, 0xecd9, 0x548b].map((word) => word & 0x7ff).sort((a, b) => a - b),
  )
})

test('a bloom contains what went in, and most of what did not is out', () => {
  const bloom = logsBloom(LOGS)
  for (const entry of [ADDRESS, TOPIC, ZERO_HASH]) assert.ok(bloomMayContain(bloom, entry))
  const strangers = Array.from({ length: 100 }, (_, index): Hash => `0x${(index + 1).toString(16).padStart(64, '0')}`)
  assert.ok(strangers.filter((entry) => bloomMayContain(bloom, entry)).length < 3)
  assert.ok(!bloomMayContain(new Uint8Array(256), ADDRESS))
  assert.deepEqual(logsBloom([]), new Uint8Array(256))
})

test('the union of blooms', () => {
  const [first, second] = LOGS.map((log) => logsBloom([log]))
  assert.deepEqual(orBlooms([first!, second!]), logsBloom(LOGS))
  assert.deepEqual(orBlooms([]), new Uint8Array(256))
})

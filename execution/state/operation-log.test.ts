import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hexToBytes } from '../../primitives/hex.ts'
import { KECCAK_EMPTY, keccak256Hex } from '../../primitives/keccak.ts'
import { Random, seedFromEnvironment } from '../../test/support/random.ts'
import { OPERATION, OperationLog } from './operation-log.ts'

const A = '0x00000000000000000000000000000000000000aa'
const B = '0x00000000000000000000000000000000000000bb'
const account = (address: `0x${string}`) => ({ address, location: 0, loggedCode: undefined })
const slot = (number: bigint) => ({ slot: number, location: 0, logged: 0n })
const bytesOf = (log: OperationLog) => Buffer.from(log.bytes).toString('hex')
const word = (value: bigint) => value.toString(16).padStart(64, '0')

test('a location is written out once and numbered after that', () => {
  const log = new OperationLog()
  const a = account(A)
  const five = slot(5n)
  log.accountValue(OPERATION.nonceRead, a, 7n)
  log.slotValue(OPERATION.slotRead, a, five, 0n)
  log.slotValue(OPERATION.slotWritten, a, five, 0x1234n)
  log.account(OPERATION.accountCreated, account(B))
  log.account(OPERATION.selfDestructed, a)
  assert.equal(
    bytesOf(log),
    [`10 00 ${A.slice(2)} 01 07`, `14 00 01 ${word(5n)} 00`, '15 02 02 1234', `01 00 ${B.slice(2)}`, '09 01']
      .join('')
      .replaceAll(' ', ''),
  )
  assert.equal(log.hash(), keccak256Hex(log.bytes))
})

test('a new slot of a new account numbers the account first', () => {
  const log = new OperationLog()
  const a = account(A)
  const five = slot(5n)
  log.slotValue(OPERATION.transientWritten, a, five, 1n)
  assert.deepEqual([a.location, five.location], [1, 2])
  assert.equal(bytesOf(log), `3500 00${A.slice(2)}${word(5n)}0101`.replaceAll(' ', ''))
})

test('no code has no value, other code its hash', () => {
  const log = new OperationLog()
  const a = account(A)
  log.code(OPERATION.codeRead, a, KECCAK_EMPTY)
  log.code(OPERATION.codeWritten, a, keccak256Hex(Uint8Array.of(1)))
  assert.equal(
    bytesOf(log),
    `1800${A.slice(2)}00 1901 20${keccak256Hex(Uint8Array.of(1)).slice(2)}`.replaceAll(' ', ''),
  )
})

test('values have no leading zeros', () => {
  const seed = seedFromEnvironment()
  const random = new Random(seed)
  for (let round = 0; round < 500; round++) {
    const bits = random.below(257)
    let value = 0n
    for (let bit = 0; bit < bits; bit++) value = (value << 1n) | BigInt(random.below(2))
    const log = new OperationLog()
    log.accountValue(OPERATION.balanceAdded, account(A), value)
    const digits = value === 0n ? '' : value.toString(16)
    const even = digits.padStart(digits.length + (digits.length % 2), '0')
    const length = (even.length / 2).toString(16).padStart(2, '0')
    assert.equal(bytesOf(log), `0e00${A.slice(2)}${length}${even}`, `seed ${seed}, value ${value}`)
  }
})

test('the buffer grows and reset starts anew', () => {
  const log = new OperationLog()
  for (let index = 0; index < 100_000; index++) log.account(OPERATION.accountCreated, account(A))
  assert.equal(log.bytes.length, 100_000 * 22)
  assert.deepEqual(log.bytes.subarray(-22), hexToBytes(`0x0100${A.slice(2)}`))
  log.reset()
  const again = account(A)
  for (let index = 0; index < 2_000; index++) log.accountValue(OPERATION.nonceRead, again, BigInt(index))
  assert.equal(bytesOf(log).slice(0, 50), `1000${A.slice(2)}001001`)
  assert.equal(bytesOf(log).slice(-10), '100102' + '07cf')
  assert.equal(again.location, 1)
})

test('numbers above 127 take two bytes', () => {
  const log = new OperationLog()
  const slots = Array.from({ length: 200 }, (_, index) => slot(BigInt(index)))
  const a = account(A)
  for (const each of slots) log.slotValue(OPERATION.slotRead, a, each, 0n)
  const before = log.bytes.length
  log.slotValue(OPERATION.slotRead, a, slots[199]!, 0n)
  assert.equal(bytesOf(log).slice(before * 2), '14c90180')
})

test('a value that is the one before is not written again', () => {
  const log = new OperationLog()
  const a = account(A)
  const five = slot(5n)
  const hash = keccak256Hex(Uint8Array.of(1))
  log.code(OPERATION.codeRead, a, hash)
  log.slotValue(OPERATION.slotRead, a, five, 9n)
  const before = log.bytes.length
  log.code(OPERATION.codeRead, a, hash)
  log.slotValue(OPERATION.slotWritten, a, five, 9n)
  log.slotValue(OPERATION.slotWritten, a, five, 8n)
  log.slotValue(OPERATION.slotRead, a, five, 8n)
  log.code(OPERATION.codeWritten, a, KECCAK_EMPTY)
  log.code(OPERATION.codeRead, a, KECCAK_EMPTY)
  assert.equal(bytesOf(log).slice(before * 2), '180180 150280 15020108 140280 190100 180180'.replaceAll(' ', ''))
})

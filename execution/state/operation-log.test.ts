import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { bytesToHash, hexToBytes } from '../../primitives/hex.ts'
import { KECCAK_EMPTY, keccak256Hex } from '../../primitives/keccak.ts'
import { Random, seedFromEnvironment } from '../../test/support/random.ts'
import { OPERATION } from './operation-format.ts'
import { OperationLog } from './operation-log.ts'
import { newScope, stateMemory } from './state-memory.ts'

const A = '0x00000000000000000000000000000000000000aa'
const B = '0x00000000000000000000000000000000000000bb'
const memory = stateMemory()
const account = (address: `0x${string}`) => ({ address, number: memory.newAccount(address), loggedCode: undefined })
type TestAccount = ReturnType<typeof account>
const slot = (of: TestAccount, number: bigint) => memory.slot(of.number, number)
/** A slot that a write has given a value, or a rollback. */
const having = (entry: number, value: bigint) => {
  memory.write(entry, value)
  return entry
}
const broughtBack = (entry: number, value: bigint) => {
  memory.reset(entry, value)
  return entry
}

/** A log of a transaction that begins. */
function newLog(): OperationLog {
  memory.own({ readSlot: () => 0n, isStorageCleared: () => false }, newScope(memory.newEpoch(), true))
  memory.begin()
  return new OperationLog()
}

const bytesOf = (log: OperationLog) => Buffer.from(log.bytes).toString('hex')

/** Length and value as hex digits. */
function logged(value: bigint): string {
  const digits = value === 0n ? '' : value.toString(16)
  const bytes = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex')
  return Buffer.from([bytes.length, ...bytes.reverse()]).toString('hex')
}

test('locations of all kinds are numbered together, by first use', () => {
  const log = newLog()
  const a = account(A)
  const five = slot(a, 5n)
  log.accountValue(OPERATION.nonceRead, a, 7n)
  log.slotRead(OPERATION.slotRead, having(five, 0n))
  log.slotWritten(having(five, 0x1234n))
  log.account(OPERATION.accountCreated, account(B))
  log.account(OPERATION.selfDestructed, a)
  log.slotRead(OPERATION.slotRead, broughtBack(five, 5n))
  assert.equal(bytesOf(log), '90 01 07, 97, 15 02 3412, 81, 09 01, 14 02 01 05'.replaceAll(/[ ,]/g, ''))
  assert.equal(log.hash(), keccak256Hex(log.bytes))
})

test('a slot has a number without its account having one', () => {
  const log = newLog()
  const a = account(A)
  log.transientWritten(having(slot(a, 5n), 1n))
  assert.equal(memory.locationOf(a.number), 0)
  assert.equal(bytesOf(log), 'b50101')
})

test('slots that are the same but for their account are two locations', () => {
  const log = newLog()
  log.slotRead(OPERATION.slotRead, having(slot(account(A), 5n), 0n))
  log.slotRead(OPERATION.slotRead, having(slot(account(B), 5n), 0n))
  assert.equal(bytesOf(log), '97 97'.replaceAll(' ', ''))
})

test('no code has no value, other code its hash', () => {
  const log = newLog()
  const a = account(A)
  log.code(OPERATION.codeRead, a, KECCAK_EMPTY)
  log.code(OPERATION.codeWritten, a, keccak256Hex(Uint8Array.of(1)))
  assert.equal(bytesOf(log), `9800 1901 20${keccak256Hex(Uint8Array.of(1)).slice(2)}`.replaceAll(' ', ''))
})

test('values have no zeros at their end', () => {
  const seed = seedFromEnvironment()
  const random = new Random(seed)
  for (let round = 0; round < 500; round++) {
    const bits = random.below(257)
    let value = 0n
    for (let bit = 0; bit < bits; bit++) value = (value << 1n) | BigInt(random.below(2))
    const log = newLog()
    log.accountValue(OPERATION.balanceAdded, account(A), value)
    assert.equal(bytesOf(log), `8e${logged(value)}`, `seed ${seed}, value ${value}`)
  }
})

test('what is too long for its place is hashed in parts', () => {
  const log = newLog()
  const hash = keccak_256.create()
  const a = account(A)
  for (let index = 0; index < 300_000; index++) {
    const value = (1n << 200n) + BigInt(index)
    log.accountValue(OPERATION.nonceRead, a, value)
    hash.update(hexToBytes(`0x${index === 0 ? '90' : '1001'}${logged(value)}`))
  }
  assert.ok(log.bytes.length < 5_000_000, 'some of it is gone')
  assert.equal(log.hash(), bytesToHash(hash.digest()))
  assert.equal(newLog().hash(), KECCAK_EMPTY)
})

test('numbers are LEB128', () => {
  const log = newLog()
  const a = account(A)
  const bytes: number[] = []
  for (let location = 1; location <= 20_000; location++)
    log.slotRead(OPERATION.slotRead, having(slot(a, BigInt(location)), 0n))
  const before = log.bytes.length
  for (let location = 1; location <= 20_000; location++) {
    log.slotRead(OPERATION.slotRead, broughtBack(slot(a, BigInt(location)), 1n))
    bytes.push(0x14)
    let rest = location
    for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80)
    bytes.push(rest, 1, 1)
  }
  assert.ok(Buffer.from(log.bytes.subarray(before)).equals(Uint8Array.from(bytes)))
  log.accountValue(OPERATION.nonceRead, a, 0n)
  log.accountValue(OPERATION.nonceRead, a, 0n)
  assert.equal(Buffer.from(log.bytes.subarray(before + bytes.length)).toString('hex'), '900010a19c0100')
})

test('values of slots have no zeros at their end, whatever their size', () => {
  const log = newLog()
  const a = account(A)
  for (let bits = 0; bits < 256; bits++) {
    const before = log.bytes.length
    const value = (1n << BigInt(bits)) + BigInt(bits > 1 ? 1 : 0)
    log.slotWritten(having(slot(a, 5n), value))
    assert.equal(bytesOf(log).slice(before * 2), `15${logged(value)}`)
  }
})

test('a value that is the one before is not written again', () => {
  const log = newLog()
  const a = account(A)
  const five = slot(a, 5n)
  const hash = keccak256Hex(Uint8Array.of(1))
  log.code(OPERATION.codeRead, a, hash)
  log.slotRead(OPERATION.slotRead, having(five, 9n))
  const before = log.bytes.length
  log.code(OPERATION.codeRead, a, hash)
  log.slotRead(OPERATION.slotRead, having(five, 9n))
  log.slotWritten(having(five, 8n))
  log.slotRead(OPERATION.slotRead, having(five, 8n))
  log.code(OPERATION.codeWritten, a, KECCAK_EMPTY)
  log.code(OPERATION.codeRead, a, KECCAK_EMPTY)
  assert.equal(bytesOf(log).slice(before * 2), '180180 140280 150108 140280 190100 180180'.replaceAll(' ', ''))
})

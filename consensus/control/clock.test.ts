import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Header } from '../../primitives/header.ts'
import { ChainClock } from './clock.ts'

const headerAt = (timestamp: bigint) => ({ timestamp }) as Header

function clockAt(seconds: number) {
  const machine = { seconds }
  return { machine, clock: new ChainClock({ machineMs: () => machine.seconds * 1_000 + 999 }) }
}

test('it goes with the machine, ahead or behind', () => {
  const { clock, machine } = clockAt(1_000)
  assert.equal(clock.now(), 1_000n)
  assert.equal(clock.increase(50n), 50n)
  machine.seconds += 7
  assert.equal(clock.now(), 1_057n)
  assert.equal(clock.increase(1n), 51n)
  assert.equal(clock.set(500n), -558n)
  machine.seconds += 1
  assert.equal(clock.now(), 501n)
  assert.equal(clock.timestampAfter(headerAt(900n)), 501n)
})

test('a wanted timestamp is for one block, and the time goes on from it', () => {
  const { clock, machine } = clockAt(1_000)
  clock.setNext(5_000n, headerAt(999n))
  assert.equal(clock.timestampAfter(headerAt(999n)), 5_000n)
  machine.seconds += 100
  clock.onBlock(headerAt(5_000n))
  assert.equal(clock.timestampAfter(headerAt(5_000n)), 5_000n)
  machine.seconds += 3
  assert.equal(clock.now(), 5_003n)
  assert.throws(() => clock.setNext(5_000n, headerAt(5_000n)), { code: 'time-not-after-head' })
  assert.throws(() => clock.setNext(2n ** 60n, headerAt(5_000n)), { code: 'time-out-of-range' })
  assert.throws(() => clock.increase(2n ** 53n), { code: 'time-out-of-range' })
})

test('an interval counts from the parent', () => {
  const { clock } = clockAt(1_000)
  assert.equal(clock.setInterval(12n), undefined)
  assert.equal(clock.timestampAfter(headerAt(400n)), 412n)
  clock.onBlock(headerAt(412n))
  assert.equal(clock.timestampAfter(headerAt(412n)), 424n)
  assert.equal(clock.setInterval(undefined), 12n)
  assert.equal(clock.timestampAfter(headerAt(412n)), 1_000n)
})

test('it is brought back to what it showed', () => {
  const { clock, machine } = clockAt(1_000)
  clock.increase(100n)
  clock.setNext(2_000n, headerAt(1n))
  clock.setInterval(3n)
  const reading = clock.reading()
  clock.onBlock(headerAt(2_000n))
  clock.setInterval(undefined)
  machine.seconds += 500
  clock.restore(reading)
  assert.deepEqual(clock.reading(), reading)
  assert.equal(clock.now(), 1_100n)
  clock.reset()
  assert.deepEqual(clock.reading(), { now: 1_500n, next: undefined, interval: undefined })
})

test('it goes by a moment of the machine that is told, until it looks again', () => {
  const { clock, machine } = clockAt(1_000)
  clock.increase(50n)
  const moment = clock.machine()
  machine.seconds += 10
  clock.goBy(moment)
  assert.equal(clock.now(), 1_050n)
  clock.setNext(2_000n, headerAt(1n))
  clock.onBlock(headerAt(2_000n))
  clock.goBy(undefined)
  assert.equal(clock.now(), 2_010n)
})

test('whether there is time for blocks counts what each of them takes at most', () => {
  const { clock } = clockAt(1_000)
  const latest = BigInt(Number.MAX_SAFE_INTEGER)
  assert.ok(clock.hasTimeFor(10, 12n, headerAt(900n)))
  assert.ok(clock.hasTimeFor(10, 0n, headerAt(latest - 10n)))
  assert.ok(!clock.hasTimeFor(11, 0n, headerAt(latest - 10n)))
  assert.ok(!clock.hasTimeFor(2, latest / 2n, headerAt(900n)))
  clock.setInterval(latest / 2n)
  assert.ok(!clock.hasTimeFor(2, 0n, headerAt(900n)))
})

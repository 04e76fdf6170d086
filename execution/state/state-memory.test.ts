import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { rulesFor } from '../../config/hardforks.ts'
import { type Address, wordToAddress, wordToHash } from '../../primitives/hex.ts'
import type { Log } from '../../primitives/receipt.ts'
import { Random, seedFromEnvironment } from '../../test/support/random.ts'
import { CONTROL, JOURNAL_ENTRY_BYTES, REGION } from './linear-memory.ts'
import { LOGS_LIMIT } from './log-records.ts'
import { type MemoryAccount, MemoryView } from './memory-view.ts'
import { JOURNAL_LIMIT } from './slot-functions.ts'
import { stateMemory } from './state-memory.ts'
import { WorldState } from './world-state.ts'

const A: Address = '0x00000000000000000000000000000000000000aa'
const B: Address = '0x00000000000000000000000000000000000000bb'
const memory = stateMemory()

function newState(accounts: readonly (readonly [Address, MemoryAccount])[] = []): WorldState {
  return new WorldState({ rules: rulesFor('osaka'), record: true }, { view: new MemoryView(accounts) })
}

const logOf = (address: Address, topics: number, length: number, first = 0): Log => ({
  address,
  topics: Array.from({ length: topics }, (_, index) => wordToHash((BigInt(first) << 240n) | BigInt(index + 1))),
  data: patterned(length, first),
})

function patterned(length: number, first: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let index = 0; index < Math.min(251, length); index++) bytes[index] = first + 7 * index
  for (let filled = 251; filled < length; filled *= 2) bytes.copyWithin(filled, 0, filled)
  return bytes
}

describe('world states that take turns', () => {
  test('in the midst of their transactions keep to themselves what they do', () => {
    const [one, other] = [1n, 2n].map((value) => newState([[A, { storage: new Map([[0n, value]]) }]]))
    const alone = newState([[A, { storage: new Map([[0n, 1n]]) }]])
    const steps: ((state: WorldState) => unknown)[] = [
      (state) => state.beginTransaction(),
      (state) => state.slot(A, 0n),
      (state) => state.setSlot(A, 0n, 5n),
      (state) => state.setTransient(A, 0n, 6n),
      (state) => state.warmSlot(A, 9n),
      (state) => state.addRefund(100n),
      (state) => state.addLog(logOf(A, 1, 10)),
      (state) => state.checkpoint(),
      (state) => state.setSlot(A, 0n, 7n),
      (state) => state.setSlot(A, 1n, 8n),
      (state) => state.setTransient(A, 0n, 9n),
      (state) => state.warmSlot(A, 10n),
      (state) => state.addRefund(23n),
      (state) => state.addLog(logOf(B, 2, 3)),
      (state) => state.rollback(0),
      (state) => [state.slot(A, 0n), state.slot(A, 1n), state.transient(A, 0n), state.originalSlot(A, 0n)],
      (state) => [state.isWarmSlot(A, 9n), state.isWarmSlot(A, 10n), state.refund],
    ]
    const seen: unknown[][] = [[], [], []]
    for (const step of steps) {
      seen[0]!.push(step(one!))
      seen[1]!.push(step(other!))
    }
    for (const step of steps) seen[2]!.push(step(alone))
    assert.deepEqual(seen[0], seen[2])
    assert.deepEqual(seen[1]!.slice(2), [...seen[2]!.slice(2, -2), [5n, 0n, 6n, 2n], [true, false, 100n]])
    const [first, second, third] = [one!, other!, alone].map((state) => state.endTransaction())
    assert.deepEqual(first, third)
    assert.deepEqual(second!.logs, third!.logs)
    assert.deepEqual(second!.effects, third!.effects)
    assert.notEqual(second!.operationsHash, third!.operationsHash)
  })

  test('hash their operations as if each were alone, be they too many for their place', () => {
    const states = [newState(), newState(), newState()]
    for (const state of states) state.beginTransaction()
    const write = (state: WorldState, round: number) => {
      for (let slot = 0; slot < 2_000; slot++) state.setSlot(A, BigInt(slot), (1n << 255n) | BigInt(round * slot + 1))
    }
    for (let round = 0; round < 40; round++) {
      write(states[0]!, round)
      write(states[1]!, round)
    }
    for (let round = 0; round < 40; round++) write(states[2]!, round)
    const hashes = states.map((state) => state.endTransaction().operationsHash)
    assert.equal(hashes[0], hashes[2])
    assert.equal(hashes[1], hashes[2])
  })
})

describe('the journal of slots', () => {
  test('goes back over parts that did not fit', () => {
    const state = newState([[A, { storage: new Map([[3n, 33n]]) }]])
    const other = newState()
    other.beginTransaction()
    state.beginTransaction()
    const capacity = Math.floor((JOURNAL_LIMIT - REGION.journal) / JOURNAL_ENTRY_BYTES)
    let written = 0
    const write = (count: number) => {
      for (let index = 0; index < count; index++) {
        written++
        state.setSlot(A, BigInt(index % 1_000), BigInt(written))
      }
    }
    write(10)
    const early = state.checkpoint()
    write(2 * capacity + 500)
    const late = state.checkpoint()
    const atLate = state.slot(A, 499n)
    write(capacity)
    // Another's transaction runs meanwhile.
    other.setSlot(A, 3n, 4n)
    assert.notEqual(state.slot(A, 499n), atLate)
    state.rollback(late)
    assert.equal(state.slot(A, 499n), atLate)
    state.rollback(early)
    for (let slot = 0n; slot < 10n; slot++) assert.equal(state.slot(A, slot), slot + 1n)
    for (let slot = 10n; slot < 1_000n; slot++) assert.equal(state.slot(A, slot), 0n)
    const { effects } = state.endTransaction()
    assert.equal(effects.writes.get(A)?.slots?.size, 10)
    assert.equal(other.slot(A, 3n), 4n)
  })

  test('is undone by the beginning of the next transaction', () => {
    const state = newState()
    state.beginTransaction()
    state.setSlot(A, 1n, 1n)
    state.addLog(logOf(A, 0, 4))
    state.addRefund(5n)
    state.beginTransaction()
    assert.equal(state.slot(A, 1n), 0n)
    assert.equal(state.refund, 0n)
    assert.deepEqual(state.endTransaction().logs, [])
  })
})

describe('logs', () => {
  test('of any number of topics and any length come back as they were', () => {
    const state = newState()
    state.beginTransaction()
    const logs = [0, 1, 2, 3, 4].flatMap((topics) =>
      [0, 1, 31, 32, 33, 1_000].map((length) => logOf(A, topics, length)),
    )
    for (const log of logs) state.addLog(log)
    assert.deepEqual(state.endTransaction().logs, logs)
    state.beginTransaction()
    assert.deepEqual(state.endTransaction().logs, [])
  })

  test('that do not fit, and one that is longer than their place, keep their order and can be taken back', (context) => {
    const seed = seedFromEnvironment()
    context.diagnostic(`TEST_SEED=${seed}`)
    const random = new Random(seed)
    const capacity = LOGS_LIMIT - REGION.logs
    const state = newState()
    const other = newState()
    other.beginTransaction()
    state.beginTransaction()
    const lengths = [0, 5, 700_001, 1_300_000, capacity - 12, capacity - 11, capacity + 9]
    let logs: Log[] = []
    const places: { readonly checkpoint: number; readonly logs: number }[] = []
    for (let round = 0; round < 60; round++) {
      const kind = random.below(4)
      if (kind === 0) {
        places.push({ checkpoint: state.checkpoint(), logs: logs.length })
      } else if (kind === 1 && places.length > 0) {
        const target = random.below(places.length)
        const { checkpoint, logs: count } = places[target]!
        places.length = target
        state.rollback(checkpoint)
        logs = logs.slice(0, count)
      } else {
        const log = logOf(random.chance(0.5) ? A : B, random.below(5), random.pick(lengths), round)
        state.addLog(log)
        logs.push(log)
      }
      if (random.chance(0.2)) other.addLog(logOf(B, 1, 1))
    }
    const found = state.endTransaction().logs
    assert.equal(found.length, logs.length)
    for (const [index, log] of found.entries()) assert.deepEqual(log, logs[index], `log ${index}`)
  })
})

describe('a released world state', () => {
  test('gives its slots and accounts to the next one, which finds them empty', () => {
    const [slotsEnd] = [CONTROL.slotsEnd / 4]
    const use = (round: number) => {
      const state = newState([[A, { storage: new Map([[1n, 77n]]) }]])
      state.beginTransaction()
      assert.equal(state.slot(A, 1n), 77n)
      for (let slot = 0n; slot < 500n; slot++) {
        for (const address of [A, B, wordToAddress(BigInt(round))]) {
          assert.equal(state.slot(address, slot * slot) === 0n, address !== A || slot !== 1n)
          assert.equal(state.transient(address, slot), 0n)
          state.setSlot(address, slot * slot, slot + 1n)
          state.setTransient(address, slot, slot + 2n)
        }
      }
      state.endTransaction()
      state.release()
    }
    use(0)
    const end = memory.memory.u32[slotsEnd]
    for (let round = 1; round < 30; round++) use(round)
    assert.equal(memory.memory.u32[slotsEnd], end)
  })

  test('in the midst of its transaction leaves those of others alone', () => {
    const [one, other] = [newState(), newState()]
    one.beginTransaction()
    one.setSlot(A, 1n, 1n)
    other.beginTransaction()
    other.setSlot(A, 1n, 2n)
    const checkpoint = other.checkpoint()
    other.setSlot(A, 1n, 3n)
    one.setSlot(A, 1n, 4n)
    one.release()
    const third = newState()
    third.beginTransaction()
    assert.equal(third.slot(A, 1n), 0n)
    other.rollback(checkpoint)
    assert.equal(other.slot(A, 1n), 2n)
    assert.deepEqual(other.endTransaction().effects.writes.get(A)?.slots, new Map([[1n, 2n]]))
  })

  test('is not used again', () => {
    const state = newState([[A, { balance: 1n }]])
    state.beginTransaction()
    state.setSlot(A, 1n, 1n)
    const { effects } = state.endTransaction()
    state.release()
    state.release()
    const uses: (() => unknown)[] = [
      () => state.beginTransaction(),
      () => state.endTransaction(),
      () => state.checkpoint(),
      () => state.rollback(0),
      () => state.slot(A, 1n),
      () => state.transient(A, 1n),
      () => state.balance(A),
      () => state.isWarmSlot(A, 1n),
      () => state.addLog(logOf(A, 0, 0)),
      () => state.refund,
      () => state.diff(),
    ]
    for (const use of uses) assert.throws(use, /has been released/)
    assert.deepEqual(effects.writes.get(A)?.slots, new Map([[1n, 1n]]))
  })
})

test('many slots that share buckets are found, and given back one by one', () => {
  // A sixth as many as there are buckets: every sixth or so has another before it.
  const count = 60_000
  const states = Array.from({ length: 3 }, () => newState())
  for (const [index, state] of states.entries()) {
    state.beginTransaction()
    for (let slot = 0; slot < count; slot++) state.setSlot(A, BigInt(slot) << 200n, BigInt(slot + index + 1))
  }
  states[1]!.release()
  for (const index of [0, 2]) {
    for (let slot = 0; slot < count; slot += 7) {
      assert.equal(states[index]!.slot(A, BigInt(slot) << 200n), BigInt(slot + index + 1))
    }
    states[index]!.release()
  }
  const state = newState()
  state.beginTransaction()
  for (let slot = 0; slot < count; slot += 11) assert.equal(state.slot(A, BigInt(slot) << 200n), 0n)
  state.release()
})

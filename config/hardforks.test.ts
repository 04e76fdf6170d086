import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HARDFORKS, rulesFor } from './hardforks.ts'

test('each hardfork keeps what the one before it changed', () => {
  const osaka = rulesFor('osaka')
  assert.equal(osaka.maxCodeSize, 24_576)
  assert.equal(osaka.gas.coldAccount, 2_600n)
  assert.equal(osaka.gas.modularExponentiation, 'eip7883')
  assert.equal(osaka.maxTransactionType, 4)
  assert.equal(rulesFor('petersburg').gas.storage.isNetMetered, false)
  assert.equal(rulesFor('petersburg').blockReward, 2_000_000_000_000_000_000n)
})

test('atLeast follows the order of the hardforks', () => {
  for (const [i, a] of HARDFORKS.entries()) {
    for (const [j, b] of HARDFORKS.entries()) assert.equal(rulesFor(a).atLeast(b), i >= j, `${a} at least ${b}`)
  }
})

test('rules are the same object for the same arguments', () => {
  const schedule = { target: 1, max: 2, baseFeeUpdateFraction: 3n }
  assert.equal(rulesFor('osaka'), rulesFor('osaka'))
  assert.equal(rulesFor('osaka', schedule), rulesFor('osaka', { ...schedule }))
  assert.notEqual(rulesFor('osaka', schedule), rulesFor('osaka'))
})

test('a blob schedule of the chain replaces that of mainnet from Cancun on', () => {
  const schedule = { target: 1, max: 2, baseFeeUpdateFraction: 3n }
  assert.deepEqual(rulesFor('prague', schedule).blobSchedule, schedule)
  assert.equal(rulesFor('shanghai', schedule).blobSchedule, undefined)
  assert.equal(rulesFor('bpo2').blobSchedule?.max, 21)
})

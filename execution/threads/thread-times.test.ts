import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keccak256Hex } from '../../primitives/keccak.ts'
import { isOfferedAgain, noteHelp, noteThreadTime, threadTime } from './thread-times.ts'

const CODE = keccak256Hex(Uint8Array.of(1, 2, 3))
let functions = 0

/** Call data of a function that nothing is known of. */
function newFunction(): Uint8Array {
  return Uint8Array.of(++functions, 0, 0, 0, 5)
}

/** How many offers are left out before the next one. */
function leftOut(data: Uint8Array): number {
  let count = 0
  while (!isOfferedAgain(CODE, data)) count++
  return count
}

test('the time of a thread is a mean of late, by function', () => {
  const data = newFunction()
  assert.equal(threadTime(CODE, data), undefined)
  noteThreadTime(CODE, data, 2)
  assert.deepEqual(threadTime(CODE, Uint8Array.of(...data, 7)), { mean: 2, last: 2 })
  noteThreadTime(CODE, data, 4)
  assert.deepEqual(threadTime(CODE, data), { mean: 2.5, last: 4 })
  assert.equal(threadTime(CODE, newFunction()), undefined)
})

test('what no helper can run is left out for a while', () => {
  const data = newFunction()
  assert.equal(leftOut(data), 0)
  noteHelp(CODE, data, 'in vain')
  assert.equal(leftOut(data), 64)
  assert.equal(leftOut(data), 0)
})

test('what helpers are late with again and again is left out longer and longer', () => {
  const data = newFunction()
  const after = Array.from({ length: 8 }, () => {
    noteHelp(CODE, data, 'late')
    return leftOut(data)
  })
  assert.deepEqual(after, [0, 0, 4, 8, 16, 32, 64, 64])
  noteHelp(CODE, data, 'done')
  noteHelp(CODE, data, 'late')
  assert.equal(leftOut(data), 0)
})

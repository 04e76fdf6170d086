import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gasLimitBounds, nextGasLimit } from './gas-limit.ts'

test('gas limits move by less than 1/1024 of the parent’s, and stay above 5000', () => {
  assert.deepEqual(gasLimitBounds(10_240n), { lowest: 10_231n, highest: 10_249n })
  assert.deepEqual(gasLimitBounds(5_000n), { lowest: 5_000n, highest: 5_003n })
  assert.equal(gasLimitBounds(2n ** 63n - 1n).highest, 2n ** 63n - 1n)
})

test('the next gas limit goes towards the wanted one', () => {
  assert.equal(nextGasLimit(10_240n, 20_000n), 10_249n)
  assert.equal(nextGasLimit(10_240n, 9n), 10_231n)
  assert.equal(nextGasLimit(10_240n, 10_242n), 10_242n)
})

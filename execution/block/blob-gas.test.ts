import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rulesFor } from '../../config/hardforks.ts'
import { nextExcessBlobGas } from './blob-gas.ts'

const BLOB = 131_072n
const excessAfter = (
  hardfork: 'paris' | 'cancun' | 'prague' | 'osaka' | 'bpo2',
  excess: bigint,
  blobs: bigint,
  baseFee = 1n,
) => nextExcessBlobGas({ excessBlobGas: excess, blobGasUsed: blobs * BLOB, baseFeePerGas: baseFee }, rulesFor(hardfork))

test('EIP-4844, EIP-7691, EIP-7892: what goes beyond the target adds up', () => {
  assert.equal(excessAfter('cancun', 0n, 3n), 0n)
  assert.equal(excessAfter('cancun', 0n, 4n), BLOB)
  assert.equal(excessAfter('cancun', 5n * BLOB, 0n), 2n * BLOB)
  assert.equal(excessAfter('cancun', 2n * BLOB, 0n), 0n)
  assert.equal(excessAfter('prague', 0n, 7n), BLOB)
  assert.equal(excessAfter('bpo2', 0n, 15n), BLOB)
})

test('EIP-7918: while blobs are cheaper than their reserve price, the excess only grows', () => {
  // 8192 gas at 17 wei are dearer than 131072 blob gas at 1 wei; at 16 wei they are not.
  assert.equal(excessAfter('osaka', 6n * BLOB, 6n, 16n), 6n * BLOB)
  assert.equal(excessAfter('osaka', 6n * BLOB, 6n, 17n), 6n * BLOB + (6n * BLOB * 3n) / 9n)
  assert.equal(excessAfter('osaka', 6n * BLOB, 0n, 17n), 6n * BLOB)
  assert.equal(excessAfter('osaka', BLOB, 0n, 17n), 0n, 'below the target there is none')
  assert.equal(excessAfter('prague', 6n * BLOB, 6n, 17n), 6n * BLOB, 'not before Osaka')
})

test('the first block of Cancun, and those before it, have none', () => {
  assert.equal(nextExcessBlobGas({ baseFeePerGas: 7n }, rulesFor('cancun')), 0n)
  assert.equal(excessAfter('paris', 9n, 9n), 0n)
})

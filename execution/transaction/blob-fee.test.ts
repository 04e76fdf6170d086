import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rulesFor } from '../../config/hardforks.ts'
import { blobBaseFee } from './blob-fee.ts'

test('the blob base fee grows by an eighth for each full block above the target (EIP-4844, EIP-7691)', () => {
  const cancun = rulesFor('cancun').blobSchedule!
  assert.equal(blobBaseFee(0n, cancun), 1n)
  assert.equal(blobBaseFee(2_314_057n, cancun), 1n)
  assert.equal(blobBaseFee(2_314_058n, cancun), 2n)
  assert.equal(blobBaseFee(10n * 1024n * 1024n, cancun), 23n)
  const perBlock = 3n * 131_072n
  const [low, high] = [blobBaseFee(100_000_000n, cancun), blobBaseFee(100_000_000n + perBlock, cancun)]
  assert.equal((high * 1000n) / low, 1125n)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { INITIAL_BASE_FEE, nextBaseFee } from './base-fee.ts'

const GWEI = 1_000_000_000n

test('EIP-1559: the base fee follows the parent’s gas used', () => {
  const rows: readonly (readonly [gasUsed: bigint, baseFeePerGas: bigint, expected: bigint])[] = [
    [10_000_000n, GWEI, GWEI], // on target
    [9_000_000n, GWEI, 987_500_000n], // below
    [11_000_000n, GWEI, 1_012_500_000n], // above
    [20_000_000n, GWEI, 1_125_000_000n], // full
    [0n, GWEI, 875_000_000n], // empty
    [10_000_001n, 7n, 8n], // rises by 1 wei at least
    [9_999_999n, 7n, 7n], // falls by nothing when that rounds to 0
    [0n, 0n, 0n],
  ]
  for (const [gasUsed, baseFeePerGas, expected] of rows) {
    assert.equal(
      nextBaseFee({ gasUsed, baseFeePerGas, gasLimit: 20_000_000n }),
      expected,
      `${gasUsed} at ${baseFeePerGas}`,
    )
  }
})

test('EIP-1559: the first base fee is 1 gwei', () => {
  assert.equal(nextBaseFee({ gasUsed: 5n, gasLimit: 20_000_000n }), INITIAL_BASE_FEE)
})

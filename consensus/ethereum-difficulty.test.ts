import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Hardfork, rulesFor } from '../config/hardforks.ts'
import { ZERO_HASH } from '../primitives/hex.ts'
import { EMPTY_OMMERS_HASH } from '../primitives/keccak.ts'
import { ethereumDifficulty } from './ethereum-difficulty.ts'

interface Row {
  readonly hardfork: Hardfork
  readonly number: bigint
  readonly elapsed: bigint
  readonly hasOmmers?: boolean
  readonly expected: bigint
}

const PARENT = 2_048_000_000n
const STEP = PARENT / 2048n

/** Number is the parent's. The bomb: 2^(floor((number + 1 - delay) / 100000) - 2). */
const ROWS: readonly Row[] = [
  { hardfork: 'frontier', number: 10n, elapsed: 12n, expected: PARENT + STEP },
  { hardfork: 'frontier', number: 10n, elapsed: 13n, expected: PARENT - STEP },
  { hardfork: 'frontier', number: 199_999n, elapsed: 12n, expected: PARENT + STEP + 1n },
  { hardfork: 'homestead', number: 10n, elapsed: 9n, expected: PARENT + STEP },
  { hardfork: 'homestead', number: 10n, elapsed: 19n, expected: PARENT },
  { hardfork: 'homestead', number: 10n, elapsed: 5_000n, expected: PARENT - 99n * STEP },
  { hardfork: 'homestead', number: 399_999n, elapsed: 10n, expected: PARENT + 4n },
  { hardfork: 'byzantium', number: 10n, elapsed: 8n, expected: PARENT + STEP },
  { hardfork: 'byzantium', number: 10n, elapsed: 8n, hasOmmers: true, expected: PARENT + 2n * STEP },
  { hardfork: 'byzantium', number: 10n, elapsed: 18n, hasOmmers: true, expected: PARENT },
  { hardfork: 'byzantium', number: 3_199_998n, elapsed: 9n, expected: PARENT },
  { hardfork: 'byzantium', number: 3_199_999n, elapsed: 9n, expected: PARENT + 1n },
  { hardfork: 'muirGlacier', number: 9_999_999n, elapsed: 9n, expected: PARENT + 2n ** 8n },
  { hardfork: 'grayGlacier', number: 11_599_999n, elapsed: 9n, expected: PARENT + 1n },
]

test('difficulty before the Merge, by hardfork', () => {
  for (const { hardfork, number, elapsed, hasOmmers, expected } of ROWS) {
    const parent = {
      difficulty: PARENT,
      timestamp: 1_000n,
      number,
      ommersHash: hasOmmers ? ZERO_HASH : EMPTY_OMMERS_HASH,
    }
    const actual = ethereumDifficulty(parent, 1_000n + elapsed, rulesFor(hardfork))
    assert.equal(actual, expected, `${hardfork}, block ${number} + 1, ${elapsed} s`)
  }
})

test('never below 131072', () => {
  const parent = { difficulty: 131_072n, timestamp: 0n, number: 1n, ommersHash: EMPTY_OMMERS_HASH }
  assert.equal(ethereumDifficulty(parent, 10_000n, rulesFor('byzantium')), 131_072n)
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Random, seedFromEnvironment } from '../test/support/random.ts'
import { DecodeError } from './errors.ts'
import { decodePlan, encodePlan, type Plan, type PlannedTransaction } from './plan.ts'

function planned(group: number, reads: number[] = [], gasUsed = 21_000n): PlannedTransaction {
  return { gasUsed, reads, group }
}

test('the encoding, byte by byte', () => {
  const plan: Plan = { transactions: [planned(0, [3, 4, 10]), planned(1, [], 0n), planned(0, [0], 300n)] }
  const bytes = [1, 3, 0x88, 0xa4, 0x01, 3, 3, 0, 5, 0, 0, 0, 0, 0xac, 0x02, 1, 0, 2]
  assert.deepEqual([...encodePlan(plan)], bytes)
  assert.deepEqual(decodePlan(Uint8Array.from(bytes)), plan)
})

test('no transactions', () => {
  assert.deepEqual([...encodePlan({ transactions: [] })], [1, 0])
  assert.deepEqual(decodePlan(Uint8Array.of(1, 0)), { transactions: [] })
})

function randomPlan(random: Random): Plan {
  let groups = 0
  const transactions = Array.from({ length: random.below(60) }, () => {
    const group = groups === 0 || random.chance(0.4) ? groups++ : random.below(groups)
    const reads = new Set(Array.from({ length: random.below(12) }, () => random.below(random.pick([20, 300, 2 ** 31]))))
    return planned(
      group,
      [...reads].sort((a, b) => a - b),
      BigInt(random.below(2 ** 31)) ** BigInt(random.below(3)),
    )
  })
  return { transactions }
}

test('there and back', () => {
  const seed = seedFromEnvironment()
  const random = new Random(seed)
  for (let run = 0; run < 300; run++) {
    const plan = randomPlan(random)
    assert.deepEqual(decodePlan(encodePlan(plan)), plan, `seed ${seed}, run ${run}`)
  }
})

test('changed bytes are refused or are another plan, never the same in other words', () => {
  const seed = seedFromEnvironment()
  const random = new Random(seed)
  let accepted = 0
  for (let run = 0; run < 3_000; run++) {
    const bytes = encodePlan(randomPlan(random))
    bytes[random.below(bytes.length)]! ^= 1 << random.below(8)
    try {
      assert.deepEqual(encodePlan(decodePlan(bytes)), bytes, `seed ${seed}, run ${run}`)
      accepted++
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
    }
  }
  assert.ok(accepted > 100)
})

describe('only one encoding', () => {
  const refused: [string, number[]][] = [
    ['nothing', []],
    ['another version', [2, 0]],
    ['version alone', [1]],
    ['bytes behind', [1, 0, 0]],
    ['a transaction too few', [1, 2, 1, 0, 0]],
    ['gas not in its shortest form', [1, 1, 0x81, 0x00, 0, 0]],
    ['a count not in its shortest form', [1, 0x80, 0x00]],
    ['a link before the block', [1, 1, 1, 0, 1]],
    ['a link to itself is an opening, in one form', [1, 1, 1, 0, 0x80, 0]],
    ['two links to one transaction', [1, 3, 1, 0, 0, 1, 0, 1, 1, 0, 2]],
    ['reads that do not fit 32 bits', [1, 1, 1, 1, 0xff, 0xff, 0xff, 0xff, 0x10, 0]],
    ['reads whose sum does not fit 32 bits', [1, 1, 1, 2, 0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0]],
    ['more reads than bytes', [1, 1, 1, 0xff, 0xff, 0x03, 0]],
    ['more transactions than a list can number', [1, 0xfe, 0xff, 0x03, 0, 0, 0]],
    ['more transactions than bytes', [1, 0xfd, 0xff, 0x03, 0, 0, 0]],
  ]
  for (const [name, bytes] of refused) {
    test(name, () => assert.throws(() => decodePlan(Uint8Array.from(bytes)), DecodeError))
  }
})

test('plans that are none are a bug of ours', () => {
  const refused: PlannedTransaction[][] = [
    [planned(1)],
    [planned(0), planned(2)],
    [planned(0, [2, 1])],
    [planned(0, [1, 1])],
    [planned(0, [-1])],
    Array.from({ length: 65_534 }, () => planned(0)),
  ]
  for (const transactions of refused) assert.throws(() => encodePlan({ transactions }), RangeError)
})

test('about ten bytes a transaction', () => {
  // 300 token transfers between distinct pairs: each looks at its own slots of one contract, in 300 groups.
  const transactions = Array.from({ length: 300 }, (_, index) => planned(index, [5 + index * 8, 4_000, 4_001], 51_234n))
  assert.ok(encodePlan({ transactions }).length <= 3_072)
})

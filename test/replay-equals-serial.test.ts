import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BlockError } from '../execution/block/block-error.ts'
import { checkDatabase } from '../storage/checker.ts'
import { BlockCensus } from './support/block-census.ts'
import { assertSame, waysOf } from './support/every-way.ts'
import { Random, seedFromEnvironment } from './support/random.ts'
import { RandomChain } from './support/random-chain.ts'
import { randomLie } from './support/random-lies.ts'

const BLOCKS = Number(process.env.TEST_BLOCKS ?? 300)
const POOLS = [1, 2, 4]
const MAX_TRANSACTIONS = 32

test(`${BLOCKS} random blocks come out the same serially and by every strategy on every number of workers`, async (t) => {
  const seed = seedFromEnvironment()
  t.diagnostic(`TEST_SEED=${seed}`)
  const random = new Random(seed)
  const chain = await RandomChain.open({ pools: POOLS, maxTransactions: MAX_TRANSACTIONS }, { random })
  const { lab } = chain
  t.after(() => lab.close())
  const ways = waysOf(lab, POOLS)
  const census = new BlockCensus()
  let lies = 0
  for (let round = 0; round < BLOCKS; round++) {
    const made = await chain.build(census.neededHeat(random))
    const place = `TEST_SEED=${seed}, block ${made.block.header.number}`
    try {
      for (const way of ways) await assertSame(way, made, lab)
      const lie = randomLie(made.block, random)
      // One way a block: the serial one, and all strategies, get their turns.
      const { name, executor } = random.pick(ways)
      if (lie !== undefined) await assert.rejects(lab.judge(lie, executor), BlockError, `a lie, ${name}`)
      if (lie !== undefined) lies++
    } catch (error) {
      throw new Error(place, { cause: error })
    }
    census.add(made)
    await lab.append(made)
  }
  t.diagnostic(`${census}; lies refused: ${lies}`)
  assert.deepEqual((await checkDatabase(lab.node.database)).problems, [])
  if (BLOCKS < 100) return
  assert.deepEqual(census.missing(), [])
  assert.ok(lies > BLOCKS / 2, `only ${lies} lies`)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { BlockError } from '../execution/block/block-error.ts'
import { type BlockExecutor, DETERMINED_FIELDS, type ReplayStrategy } from '../execution/block/executor.ts'
import { checkDatabase } from '../storage/checker.ts'
import { BlockCensus } from './support/block-census.ts'
import type { BlockLab, MadeBlock } from './support/block-lab.ts'
import { Random, seedFromEnvironment } from './support/random.ts'
import { RandomChain } from './support/random-chain.ts'
import { randomLie } from './support/random-lies.ts'

const BLOCKS = Number(process.env.TEST_BLOCKS ?? 300)
const STRATEGIES: readonly ReplayStrategy[] = ['groups', 'split', 'values']
const POOLS = [1, 2, 4]
const MAX_TRANSACTIONS = 32

interface Way {
  readonly name: string
  readonly executor: BlockExecutor
}

/** Every way of executing a block. */
function waysOf(lab: BlockLab): Way[] {
  return [
    { name: 'serial', executor: lab.executor('serial', POOLS[0]!) },
    ...POOLS.flatMap((workers) =>
      STRATEGIES.map((strategy) => {
        return { name: `${strategy} with ${workers} workers`, executor: lab.executor(strategy, workers) }
      }),
    ),
  ]
}

/** Fails unless a validator that executes in this way accepts the block, and finds all that its miner found. */
async function assertSame({ name, executor }: Way, { block, processed }: MadeBlock, lab: BlockLab): Promise<void> {
  // Compares state root, receipts root, list and plan byte for byte with the header's.
  const { executed, stateRoot } = await lab.judge(block, executor)
  assert.equal(stateRoot, processed.stateRoot, name)
  // Of a block without a lie nothing has to be put together again.
  if (executor.strategy !== 'serial') assert.equal(executed.accessList, block.accessList, name)
  for (const field of DETERMINED_FIELDS) {
    // The quick comparison first: the other one also explains the difference.
    if (isDeepStrictEqual(executed[field], processed.executed[field])) continue
    assert.deepStrictEqual(executed[field], processed.executed[field], `${name}: ${field}`)
  }
}

test(`${BLOCKS} random blocks come out the same serially and by every strategy on every number of workers`, async (t) => {
  const seed = seedFromEnvironment()
  t.diagnostic(`TEST_SEED=${seed}`)
  const random = new Random(seed)
  const chain = await RandomChain.open({ pools: POOLS, maxTransactions: MAX_TRANSACTIONS }, { random })
  const { lab } = chain
  t.after(() => lab.close())
  const ways = waysOf(lab)
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

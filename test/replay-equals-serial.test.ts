import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { checkClaims } from '../execution/block/claims.ts'
import type { ExecutedBlock, ReplayStrategy } from '../execution/block/executor.ts'
import { checkDatabase } from '../storage/checker.ts'
import { BlockCensus } from './support/block-census.ts'
import type { MadeBlock } from './support/block-lab.ts'
import { Random, seedFromEnvironment } from './support/random.ts'
import { RandomChain } from './support/random-chain.ts'

const BLOCKS = Number(process.env.TEST_BLOCKS ?? 300)
const STRATEGIES: readonly ReplayStrategy[] = ['groups', 'split', 'values']
const POOLS = [1, 2, 4]
const MAX_TRANSACTIONS = 32

/** Everything that execution determines, the order of Map entries aside. */
const COMPARED = [
  'outcomes',
  'receipts',
  'gasUsed',
  'blobGasUsed',
  'logsBloom',
  'receiptsRoot',
  'requestsHash',
  'accessList',
  'plan',
  'diff',
] as const satisfies readonly (keyof ExecutedBlock)[]

/** Every way of executing a block, by name. */
function ways(chain: RandomChain) {
  return [
    { name: 'serial', executor: chain.lab.executor('serial', POOLS[0]!) },
    ...POOLS.flatMap((workers) =>
      STRATEGIES.map((strategy) => {
        return { name: `${strategy} with ${workers} workers`, executor: chain.lab.executor(strategy, workers) }
      }),
    ),
  ]
}

/** Fails unless executing the block in this way gives what the miner's gave. */
function assertSame(name: string, { block, processed }: MadeBlock, executed: ExecutedBlock, chain: RandomChain): void {
  const { processor } = chain.lab.node
  // State root, list and plan, byte for byte.
  checkClaims(block, executed, processor.finish(executed, chain.lab.node.chain.head().header).stateRoot)
  const differing = COMPARED.filter((field) => !isDeepStrictEqual(executed[field], processed.executed[field]))
  for (const field of differing) assert.deepEqual(executed[field], processed.executed[field], `${name}: ${field}`)
  assert.deepEqual(differing, [], name)
}

test(`${BLOCKS} random blocks come out the same serially and by every strategy on every number of workers`, async (t) => {
  const seed = seedFromEnvironment()
  t.diagnostic(`TEST_SEED=${seed}`)
  const random = new Random(seed)
  const chain = await RandomChain.open({ pools: POOLS, maxTransactions: MAX_TRANSACTIONS }, { random })
  t.after(() => chain.lab.close())
  const census = new BlockCensus()
  for (let round = 0; round < BLOCKS; round++) {
    const made = await chain.build(census.neededHeat(random))
    for (const { name, executor } of ways(chain)) {
      const place = `seed ${seed}, block ${made.block.header.number}, ${name}`
      try {
        assertSame(name, made, await executor.execute(made.block, chain.lab.node.chain.headContext()), chain)
      } catch (error) {
        throw new Error(place, { cause: error })
      }
    }
    census.add(made)
    await chain.lab.append(made)
  }
  t.diagnostic(census.toString())
  assert.deepEqual((await checkDatabase(chain.lab.node.database)).problems, [])
  if (BLOCKS >= 100) assert.deepEqual(census.missing(), [])
})

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { BlockBuilder } from '../../execution/block/executor.ts'
import { wordToAddress } from '../../primitives/hex.ts'
import { TestNode, testGenesis } from '../fixtures/test-node.ts'
import { BlockWishes } from './block-wishes.ts'
import { ChainClock } from './clock.ts'
import { ControlledMiner } from './miner.ts'

/** A miner in manual mode, and how many blocks it has had built. `onBuild` hears of each. */
async function minerAt(context: TestContext, onBuild: (built: number) => Promise<void> = async () => {}) {
  const genesis = testGenesis({ engine: 'instant', controls: true })
  const node = await TestNode.open(context, { genesis })
  const counts = { built: 0 }
  const builder: BlockBuilder = {
    build: async (...request) => {
      const block = await node.execution.build(...request)
      await onBuild(++counts.built)
      return block
    },
  }
  const miner = new ControlledMiner(
    { mode: { kind: 'manual' }, config: genesis.config, gasLimit: genesis.gasLimit, extraData: new Uint8Array() },
    {
      ...node,
      chain: node.chain,
      builder,
      txpool: { candidates: () => [], isEmpty: true },
      clock: new ChainClock({ machineMs: () => NOW_MS }),
      wishes: new BlockWishes({ coinbase: wordToAddress(0xc0n) }),
      turns: { run: async (task) => await task() },
      log: { error: (error) => assert.fail(JSON.stringify(error)) },
    },
  )
  return { miner, node, counts }
}

/** What the clock of the chain shows. */
const NOW_MS = 1_100_000_000

test('a rehearsal leaves no block, and the first block is what it would be without', async (context) => {
  const { miner, node, counts } = await minerAt(context)
  await miner.rehearse([])
  assert.ok(counts.built > 20, `${counts.built} blocks`)
  assert.equal(node.chain.head().header.number, 0n)
  await miner.mine(2)
  assert.equal(node.chain.head().header.number, 2n)
})

test('a rehearsal ends when a block is made', async (context) => {
  const { miner, node, counts } = await minerAt(context, async (built) => {
    if (built === 3) await miner.mineBlock()
  })
  await miner.rehearse([])
  assert.equal(node.chain.head().header.number, 1n)
  assert.equal(counts.built, 4)
})

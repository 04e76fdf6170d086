import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { COINBASE_A, TestNode, temporaryDirectory } from '../consensus/fixtures/test-node.ts'
import { BlockError } from '../execution/block/block-error.ts'
import type { ExecutionStrategy } from '../execution/block/executor.ts'
import type { Block } from '../primitives/block.ts'
import { checkDatabase } from '../storage/checker.ts'
import { executionService } from './support/block-lab.ts'
import { CleanUp } from './support/clean-up.ts'
import { groupsOf } from './support/falsify.ts'
import { HONEST_GROUPS, honestGenesis, honestTransactions } from './support/honest-block.ts'
import { type FalseBlock, LIES } from './support/lies.ts'

const STRATEGIES: readonly ExecutionStrategy[] = ['serial', 'groups', 'split', 'values']
const WORKERS = 2

const genesis = honestGenesis()

async function openValidator(strategy: ExecutionStrategy, t: TestContext): Promise<TestNode> {
  const cleanUp = new CleanUp()
  t.after(() => cleanUp.run())
  const directory = temporaryDirectory(cleanUp)
  const service = executionService({ directory, genesis, workers: WORKERS })
  const node = await TestNode.open(cleanUp, { genesis, directory, executor: service.executor(strategy) })
  cleanUp.after(() => service.close())
  return node
}

function assertNamed(error: unknown, { code, details = {} }: FalseBlock, honest: Block, label: string): true {
  assert.ok(error instanceof BlockError, `${label}: ${String(error)}`)
  assert.equal(error.code, code, `${label}: ${error.message}`)
  for (const [key, value] of Object.entries(typeof details === 'function' ? details(honest) : details)) {
    assert.deepEqual(error.details[key], value, `${label}: ${key} of "${error.message}"`)
  }
  return true
}

test('every strategy rejects every lie by its name, and the honest chain goes on', async (t) => {
  const miner = await TestNode.open(t, { genesis })
  const validators = await Promise.all(
    STRATEGIES.map(async (strategy) => ({ strategy, node: await openValidator(strategy, t) })),
  )
  for (const each of LIES) {
    const transactions = honestTransactions(miner.chain.head().header.number + 1n)
    const wishes = { transactions, coinbase: COINBASE_A }
    const { block: honest } = await miner.make(wishes)
    assert.deepEqual(groupsOf(honest), HONEST_GROUPS)
    const builder = each.builder?.(miner)
    const { processed, block: executed } = await miner.make({ ...wishes, ...(builder && { builder }) })
    const lie = await miner.sealed(each.lie({ block: executed, receipts: processed.executed.receipts }))
    await Promise.all(
      validators.map(async ({ strategy, node }) => {
        const label = `${each.name}, ${strategy}`
        const head = node.head
        await assert.rejects(node.take(lie), (error) => assertNamed(error, each, honest, label), label)
        assert.equal(node.head, head, label)
        assert.equal((await node.take(honest)).status, 'imported', label)
      }),
    )
    await miner.take(honest)
  }
  for (const { strategy, node } of validators) {
    assert.equal(node.head, miner.head, strategy)
    assert.deepEqual((await checkDatabase(node.database)).problems, [], strategy)
  }
})

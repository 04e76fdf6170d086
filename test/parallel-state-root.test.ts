import assert from 'node:assert/strict'
import { test } from 'node:test'
import { updateState } from '../storage/trie/state-trie.ts'
import { BlockLab, labGenesis } from './support/block-lab.ts'
import { send, testAccounts } from './support/test-accounts.ts'

const COUNT = 300

test('replay threads update the state trie of a block with many changes, to the same root', async (t) => {
  const [senders, receivers] = [testAccounts('sender', COUNT), testAccounts('receiver', COUNT)]
  const genesis = labGenesis(senders.map(({ address }) => [address, { balance: 10n ** 18n }] as const))
  const lab = await BlockLab.open({ genesis, pools: [2] })
  t.after(() => lab.close())
  await lab.start()
  for (let round = 1n; round <= 3n; round++) {
    const made = await lab.build(
      senders.map((sender, index) => send(sender, { to: receivers[index]!.address, value: round, gasLimit: 21_000n })),
    )
    assert.equal(made.block.transactions.length, COUNT)
    const parent = lab.node.chain.headContext().header
    const alone = updateState(parent.stateRoot, made.processed.executed.diff, lab.node.states.nodes)
    assert.equal(made.block.header.stateRoot, alone.stateRoot)
    assert.equal(made.processed.trieNodes.length, alone.nodes.length)
    for (const strategy of ['serial', 'split'] as const) {
      const judged = await lab.judge(made.block, lab.executor(strategy, 2))
      assert.equal(judged.stateRoot, alone.stateRoot)
    }
    await lab.append(made)
  }
})

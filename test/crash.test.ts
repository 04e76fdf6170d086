import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Hash, Hex } from '../primitives/hex.ts'
import { checkDirectory } from './support/check-directory.ts'
import { eventually, rpc } from './support/json-rpc.ts'
import { Random, seedFromEnvironment } from './support/random.ts'
import { startTestnet, type Testnet } from './support/testnet.ts'
import { fundTokenAccounts, mined, submit, transfersToFreshReceivers } from './support/token-accounts.ts'

const NODES = 4

/** Three rounds with every change; `npm run test:crash` runs twenty. */
const ROUNDS = Number(process.env.TEST_CRASH_ROUNDS ?? 2)

async function onOneHead(testnet: Testnet, when: string): Promise<void> {
  await eventually(`${when}: all nodes are on one head`, 30_000, async () => {
    const heads = await Promise.all(
      testnet.nodes.map((_, index) => rpc<{ hash: Hash }>(testnet.url(index), 'eth_getBlockByNumber', 'latest', false)),
    )
    return new Set(heads.map(({ hash }) => hash)).size === 1 ? true : undefined
  })
}

test(`${ROUNDS} rounds of killing a node under load lose nothing`, {
  timeout: 60_000 + ROUNDS * 60_000,
}, async (context) => {
  const seed = seedFromEnvironment()
  context.diagnostic(`TEST_SEED=${seed}`)
  const random = new Random(seed)
  const testnet = await startTestnet({
    nodes: NODES,
    miners: 2,
    blockTimeSeconds: 1,
    settings: { execution: { workers: 2 } },
  })
  try {
    const tokens = await fundTokenAccounts(testnet.url(0), `crash ${seed}`, 40)
    // A node that does not have the funding yet refuses the first load.
    await onOneHead(testnet, 'funded')
    for (let round = 0; round < ROUNDS; round++) {
      const victim = random.below(NODES)
      const witness = (victim + 1) % NODES
      const name = testnet.nodes[victim]?.name as string
      const victimUrl = testnet.url(victim)

      const load = transfersToFreshReceivers(tokens, round)
      const hashes = await submit(testnet.url(witness), load)
      await sleep(random.below(1_200))
      const stored = await rpc<{ hash: Hash; number: Hex; transactions: Hash[] }>(
        victimUrl,
        'eth_getBlockByNumber',
        'latest',
        false,
      )
      await testnet.devnet.kill(name)
      await sleep(1_000 + random.below(4_000))
      await testnet.devnet.restart(name)

      // What the node had acknowledged as stored is still there, whether or not its branch has won meanwhile.
      const again = await rpc<{ hash: Hash; transactions: Hash[] } | null>(
        victimUrl,
        'eth_getBlockByHash',
        stored.hash,
        false,
      )
      assert.equal(again?.hash, stored.hash, `round ${round}: ${name} still has block ${stored.number}`)
      assert.deepEqual(again?.transactions, stored.transactions, `round ${round}`)

      await mined(testnet.url(witness), hashes)
      await onOneHead(testnet, `round ${round}`)
    }
    const expected = `0x${(10n ** 20n - BigInt(ROUNDS)).toString(16)}`
    const data = tokens.interface.encodeFunctionData('balanceOf', [tokens.accounts[7]?.address])
    for (let index = 0; index < NODES; index++) {
      const balance = await rpc<Hex>(testnet.url(index), 'eth_call', { to: tokens.token, data }, 'latest')
      assert.equal(BigInt(balance), BigInt(expected), `node ${index}: each transfer counted once`)
    }
    assert.deepEqual(testnet.crashes, [])
    await testnet.devnet.stop()
    for (const node of testnet.nodes) assert.deepEqual(await checkDirectory(node.directory), [], node.name)
  } finally {
    await testnet.close()
  }
})

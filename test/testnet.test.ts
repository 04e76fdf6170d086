import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import type { Hash, Hex } from '../primitives/hex.ts'
import { eventually, rpc } from './support/json-rpc.ts'
import { startTestnet, type Testnet } from './support/testnet.ts'
import { fundTokenAccounts, hashesOf, mined, submit, transfersToFreshReceivers } from './support/token-accounts.ts'

interface BlockAnswer {
  readonly number: Hex
  readonly hash: Hash
  readonly stateRoot: Hash
  readonly receiptsRoot: Hash
  readonly transactions: readonly Hash[]
}

let testnet: Testnet

before(async () => {
  testnet = await startTestnet({ nodes: 4, miners: 1, blockTimeSeconds: 2, settings: { execution: { workers: 2 } } })
})
after(() => testnet?.close())

test('blocks come, on every node', async () => {
  for (let index = 0; index < 4; index++) {
    await eventually(`node ${index} has block 2`, 30_000, async () =>
      Number(await rpc<Hex>(testnet.url(index), 'eth_blockNumber')) >= 2 ? true : undefined,
    )
  }
})

test('300 token transfers between pairs of their own replay in parallel, alike on all nodes', {
  timeout: 120_000,
}, async () => {
  const miner = testnet.url(0)
  const tokens = await fundTokenAccounts(miner, 'pairs', 300)
  const transfers = transfersToFreshReceivers(tokens, 0)
  const began = Date.now()
  await submit(miner, transfers)
  assert.ok(Date.now() - began < 2_000, 'sent within one block time')
  const numbers = await mined(miner, hashesOf(transfers))

  const shapes = await Promise.all(
    numbers.map(async (number) => {
      const tag = `0x${number.toString(16)}`
      const plan = await rpc<{ groups: number[][] }>(miner, 'pavm_getPlan', tag)
      return { tag, groups: plan.groups.length }
    }),
  )
  const wide = shapes.filter(({ groups }) => groups > 50)
  assert.ok(wide.length > 0, `the blocks have ${shapes.map(({ groups }) => groups)} groups`)

  const last = `0x${(numbers.at(-1) as number).toString(16)}`
  const reference = await rpc<BlockAnswer>(miner, 'eth_getBlockByNumber', last, false)
  const receipts = await rpc<unknown[]>(miner, 'eth_getBlockReceipts', last)
  for (let index = 1; index < 4; index++) {
    const url = testnet.url(index)
    const block = await eventually(`node ${index} has block ${last}`, 20_000, async () => {
      const found = await rpc<BlockAnswer | null>(url, 'eth_getBlockByNumber', last, false)
      return found?.hash === reference.hash ? found : undefined
    })
    assert.deepEqual(block, reference, `node ${index}`)
    assert.deepEqual(await rpc<unknown[]>(url, 'eth_getBlockReceipts', last), receipts, `node ${index}`)
  }

  // Where a machine is busy one worker may have done everything before another got a processor.
  const replays = await Promise.all(
    [1, 2, 3].flatMap((validator) =>
      wide.map(async ({ tag }) => ({ validator, cores: await coresOf(validator, tag) })),
    ),
  )
  const parallel = replays.find(({ cores }) => cores.size >= 2)
  assert.ok(parallel !== undefined, `groups ran on ${replays.map(({ cores }) => cores.size)} workers`)
  assertPinned(parallel.cores, testnet.devnet.pid(`validator-${parallel.validator}`) as number)
})

/** By the worker that had groups of the block, its core. */
async function coresOf(validator: number, tag: string): Promise<ReadonlyMap<number, number | null>> {
  const replay = await rpc<{
    strategy: string
    entries: { worker: number; core: number | null; group: number; transactions: number[] }[]
  }>(testnet.url(validator), 'pavm_getReplay', tag)
  assert.equal(replay.strategy, 'split')
  return new Map(
    replay.entries.filter(({ transactions }) => transactions.length > 0).map(({ worker, core }) => [worker, core]),
  )
}

/** Each on the core that the operating system says. */
function assertPinned(coresByWorker: ReadonlyMap<number, number | null>, pid: number): void {
  if (process.platform !== 'linux') return
  const cores = new Set(coresByWorker.values())
  assert.equal(cores.size, coresByWorker.size, 'each worker has a core of its own')
  const pinned = readdirSync(`/proc/${pid}/task`).map(
    (task) => /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8'))?.[1],
  )
  for (const core of cores)
    assert.ok(pinned.includes(String(core)), `a thread of process ${pid} is pinned to core ${core}`)
}

test('a second start continues the chain', { timeout: 60_000 }, async () => {
  const before = await rpc<BlockAnswer>(testnet.url(1), 'eth_getBlockByNumber', 'latest', false)
  assert.deepEqual(await testnet.devnet.stop(), [], 'every node stopped when asked to')
  await testnet.devnet.start()
  const again = await rpc<BlockAnswer>(testnet.url(1), 'eth_getBlockByNumber', before.number, false)
  assert.equal(again.hash, before.hash)
  await eventually('the chain goes on', 20_000, async () =>
    Number(await rpc<Hex>(testnet.url(1), 'eth_blockNumber')) > Number(before.number) + 1 ? true : undefined,
  )
  assert.deepEqual(testnet.crashes, [])
})

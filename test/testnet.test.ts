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
  const widest = shapes.reduce((best, shape) => (shape.groups > best.groups ? shape : best))
  assert.ok(widest.groups > 50, `the widest block has ${widest.groups} groups`)

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

  await assertPinnedReplay(testnet.url(1), widest.tag, testnet.devnet.pid('validator-1') as number)
})

/** Two workers at least, each with groups of its own, each on the core that the operating system says. */
async function assertPinnedReplay(url: string, tag: string, pid: number): Promise<void> {
  const replay = await rpc<{
    strategy: string
    entries: { worker: number; core: number | null; group: number; transactions: number[] }[]
  }>(url, 'pavm_getReplay', tag)
  assert.equal(replay.strategy, 'split')
  const coresByWorker = new Map<number, number | null>()
  for (const entry of replay.entries) if (entry.transactions.length > 0) coresByWorker.set(entry.worker, entry.core)
  assert.ok(coresByWorker.size >= 2, `groups ran on ${coresByWorker.size} workers`)
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

import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { transactionHash } from '../primitives/transaction.ts'
import { ACCOUNTS, MemoryNode, signed } from './fixtures/memory-node.ts'
import { RpcClient } from './fixtures/rpc-client.ts'

const log = { address: ACCOUNTS[2]!.address, topics: [], data: new Uint8Array(0) }

test('each kind collects from its creation on, and gives what is new once', async () => {
  const node = new MemoryNode()
  const client = new RpcClient(node)
  node.mine([{ transaction: signed(), logs: [log] }])
  const blocks = await client.result('eth_newBlockFilter')
  const transactions = await client.result('eth_newPendingTransactionFilter')
  const logs = await client.result('eth_newFilter', [{ fromBlock: 'earliest', address: log.address }])
  const transaction = signed({ nonce: 1n })
  await node.pool.add(transaction, { local: true })
  const { hash } = node.mine([{ transaction, logs: [log] }])
  assert.deepEqual(await client.result('eth_getFilterChanges', [blocks]), [hash])
  assert.deepEqual(await client.result('eth_getFilterChanges', [transactions]), [transactionHash(transaction)])
  const found = await client.result('eth_getFilterChanges', [logs])
  assert.deepEqual(
    found.map(({ blockNumber }: { blockNumber: string }) => blockNumber),
    ['0x2'],
  )
  assert.equal((await client.result('eth_getFilterLogs', [logs])).length, 2)
  for (const id of [blocks, transactions, logs]) {
    assert.deepEqual(await client.result('eth_getFilterChanges', [id]), [])
  }
})

test('a reorg: logs that left come again with removed, then those that came', async () => {
  const node = new MemoryNode()
  const client = new RpcClient(node)
  const genesis = node.chain.head().hash
  const lost = node.mine([{ transaction: signed(), logs: [log] }])
  const filter = await client.result('eth_newFilter', [{}])
  const won = node.make([{ transaction: signed(), logs: [log, log] }], genesis, { extraData: Uint8Array.of(9) })
  node.reorganise([lost], [won])
  const changes = await client.result('eth_getFilterChanges', [filter])
  assert.deepEqual(
    changes.map(({ removed, blockHash }: { removed: boolean; blockHash: string }) => [removed, blockHash]),
    [
      [true, lost.hash],
      [false, won.hash],
      [false, won.hash],
    ],
  )
})

test('unknown, removed and wrong kinds are `filter not found`', async () => {
  const client = new RpcClient(new MemoryNode())
  const id = await client.result('eth_newBlockFilter')
  assert.match((await client.error('eth_getFilterLogs', [id])).message, /filter not found/)
  assert.equal(await client.result('eth_uninstallFilter', [id]), true)
  assert.equal(await client.result('eth_uninstallFilter', [id]), false)
  assert.deepEqual(await client.error('eth_getFilterChanges', [id]), { code: -32000, message: 'filter not found' })
})

test('filters are limited, expire unpolled, and do not grow without bound', async () => {
  mock.timers.enable({ apis: ['Date'], now: 1_000 })
  try {
    const node = new MemoryNode()
    const client = new RpcClient(node, { maxFilters: 2, filterExpiryMs: 100 })
    const polled = await client.result('eth_newPendingTransactionFilter')
    await client.result('eth_newBlockFilter')
    assert.equal((await client.error('eth_newBlockFilter')).code, -32005)
    mock.timers.tick(60)
    await client.result('eth_getFilterChanges', [polled])
    mock.timers.tick(60)
    await client.result('eth_newBlockFilter')
    assert.deepEqual(await client.result('eth_getFilterChanges', [polled]), [])
    const transaction = signed()
    for (let index = 0; index < 10_001; index += 1) await node.pool.add(transaction, { local: false })
    assert.match((await client.error('eth_getFilterChanges', [polled])).message, /filter not found/)
  } finally {
    mock.timers.reset()
  }
})

test('a listener that fails is logged, and does not stop the chain', async () => {
  const node = new MemoryNode()
  const client = new RpcClient(node)
  await client.result('eth_newFilter', [{}])
  const broken = node.make([], node.chain.head().hash)
  Object.assign(broken, { receipts: undefined })
  node.reorganise([], [broken])
  assert.equal(node.logged.length, 1)
  assert.equal(await client.result('eth_blockNumber'), '0x1')
})

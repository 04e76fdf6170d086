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
  const transaction = signed()
  const lost = [node.mine([{ transaction, logs: [log, log] }]), node.mine([{ transaction, logs: [log] }])]
  const filter = await client.result('eth_newFilter', [{}])
  const won = node.make([{ transaction: signed(), logs: [log, log] }], genesis, { extraData: Uint8Array.of(9) })
  node.reorganise(lost.toReversed(), [won])
  const changes: { removed: boolean; blockHash: string; logIndex: string }[] = await client.result(
    'eth_getFilterChanges',
    [filter],
  )
  // Taken back in the order opposite to that in which they came.
  assert.deepEqual(
    changes.map(({ removed, blockHash, logIndex }) => [removed, blockHash, Number(logIndex)]),
    [
      [true, lost[1]!.hash, 0],
      [true, lost[0]!.hash, 1],
      [true, lost[0]!.hash, 0],
      [false, won.hash, 0],
      [false, won.hash, 1],
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

test('filters are limited, and expire unpolled', async () => {
  mock.timers.enable({ apis: ['Date'], now: 1_000 })
  try {
    const client = new RpcClient(new MemoryNode(), { maxFilters: 2, filterExpiryMs: 100 })
    const polled = await client.result('eth_newPendingTransactionFilter')
    const unpolled = await client.result('eth_newBlockFilter')
    assert.equal((await client.error('eth_newBlockFilter')).code, -32005)
    mock.timers.tick(60)
    await client.result('eth_getFilterChanges', [polled])
    mock.timers.tick(60)
    assert.match((await client.error('eth_getFilterChanges', [unpolled])).message, /filter not found/)
    await client.result('eth_newBlockFilter')
    assert.deepEqual(await client.result('eth_getFilterChanges', [polled]), [])
  } finally {
    mock.timers.reset()
  }
})

test('another machine has a tenth of the filters', async () => {
  const client = new RpcClient(new MemoryNode(), { maxFilters: 20 })
  const make = async (address?: string) =>
    (await client.request('eth_newBlockFilter', [], { client: address })).error?.code
  const codes = []
  for (const address of ['10.0.0.1', '10.0.0.1', '10.0.0.1', '10.0.0.2', undefined]) codes.push(await make(address))
  assert.deepEqual(codes, [undefined, undefined, -32005, undefined, undefined])
})

test('what filters together ask for is limited, until one is gone', async () => {
  const client = new RpcClient(new MemoryNode(), { maxFilters: 10 })
  const topic = (index: number) => `0x${index.toString(16).padStart(64, '0')}`
  const topics = [Array.from({ length: 600 }, (_, index) => topic(index))]
  const first = await client.result('eth_newFilter', [{ topics }])
  assert.match((await client.error('eth_newFilter', [{ topics }])).message, /too many addresses and topics/)
  assert.equal(await client.result('eth_uninstallFilter', [first]), true)
  await client.result('eth_newFilter', [{ topics }])
})

test('a filter that has fallen too far behind is gone: it would leave something out', async () => {
  const node = new MemoryNode()
  const client = new RpcClient(node)
  const transactions = await client.result('eth_newPendingTransactionFilter')
  const blocks = await client.result('eth_newBlockFilter')
  const transaction = signed()
  for (let index = 0; index < 20_001; index += 1) await node.pool.add(transaction, { local: false })
  assert.match((await client.error('eth_getFilterChanges', [transactions])).message, /filter not found/)
  assert.equal(await client.result('eth_uninstallFilter', [transactions]), false)
  assert.deepEqual(await client.result('eth_getFilterChanges', [blocks]), [])
})

test('logs too many for one answer come with the next ones, a block at a time', async () => {
  const node = new MemoryNode()
  const client = new RpcClient(node, { maxLogs: 3 })
  const filter = await client.result('eth_newFilter', [{}])
  for (let block = 0; block < 3; block += 1) node.mine([{ transaction: signed(), logs: [log, log] }])
  const counts = []
  for (let poll = 0; poll < 3; poll += 1) counts.push((await client.result('eth_getFilterChanges', [filter])).length)
  assert.deepEqual(counts, [4, 2, 0])
})

test('polls at the same time do not get the same', async () => {
  const node = new MemoryNode()
  const client = new RpcClient(node)
  const filter = await client.result('eth_newFilter', [{}])
  for (let block = 0; block < 600; block += 1)
    node.mine([{ transaction: signed(), logs: block % 3 === 0 ? [log] : [] }])
  const polls = await Promise.all([1, 2].map(() => client.result('eth_getFilterChanges', [filter])))
  assert.deepEqual(
    polls.map(({ length }) => length),
    [200, 0],
  )
})

/** Mines so many blocks with a log each, and asks a filter made at block 2 what came after that, and what there is of it. */
async function logsOfFilter(query: object, blocks: number) {
  const node = new MemoryNode()
  const client = new RpcClient(node)
  const mine = () => node.mine([{ transaction: signed(), logs: [log] }])
  for (let number = 1; number <= 2; number += 1) mine()
  const filter = await client.result('eth_newFilter', [query])
  for (let number = 3; number <= blocks; number += 1) mine()
  const numbers = (logs: { blockNumber: string }[]) => logs.map(({ blockNumber }) => Number(blockNumber))
  return {
    changes: numbers(await client.result('eth_getFilterChanges', [filter])),
    all: numbers(await client.result('eth_getFilterLogs', [filter])),
  }
}

test('a range lies in the past, in the future, or both; changes are what came into it', async () => {
  const cases: readonly (readonly [query: object, changes: number[], all: number[]])[] = [
    [{ fromBlock: '0x1', toBlock: '0x4' }, [3, 4], [1, 2, 3, 4]],
    [{ fromBlock: '0x1', toBlock: '0x2' }, [], [1, 2]],
    [{ fromBlock: '0x4', toBlock: '0x4' }, [4], [4]],
    [{ fromBlock: '0x4', toBlock: '0x64' }, [4, 5], [4, 5]],
    [{ fromBlock: '0x64', toBlock: '0xc8' }, [], []],
    [{ fromBlock: 'earliest' }, [3, 4, 5], [1, 2, 3, 4, 5]],
    [{ toBlock: 'earliest', fromBlock: 'earliest' }, [], []],
    [{ fromBlock: 'latest', toBlock: 'pending' }, [3, 4, 5], [5]],
  ]
  for (const [query, changes, all] of cases) {
    assert.deepEqual(await logsOfFilter(query, 5), { changes, all }, JSON.stringify(query))
  }
  const client = new RpcClient(new MemoryNode())
  assert.equal((await client.error('eth_newFilter', [{ fromBlock: '0x2', toBlock: '0x1' }])).code, -32602)
})

test('a filter of one block tells when it comes, goes and comes again', async () => {
  const node = new MemoryNode()
  const client = new RpcClient(node)
  const genesis = node.chain.head().hash
  const [one, other] = [1, 2].map((extra) =>
    node.make([{ transaction: signed(), logs: [log] }], genesis, { extraData: Uint8Array.of(extra) }),
  )
  const filter = await client.result('eth_newFilter', [{ blockHash: one!.hash }])
  node.reorganise([], [other!])
  node.reorganise([other!], [one!])
  node.reorganise([one!], [other!])
  const changes = await client.result('eth_getFilterChanges', [filter])
  assert.deepEqual(
    changes.map(({ removed, blockHash }: { removed: boolean; blockHash: string }) => [removed, blockHash]),
    [
      [false, one!.hash],
      [true, one!.hash],
    ],
  )
})

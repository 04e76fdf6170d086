import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeBlock } from '../../../primitives/block.ts'
import { createAddress } from '../../../primitives/contract-address.ts'
import { ZERO_HASH } from '../../../primitives/hex.ts'
import { transactionHash } from '../../../primitives/transaction.ts'
import { ACCOUNTS, MemoryNode, signed } from '../../fixtures/memory-node.ts'
import { RpcClient } from '../../fixtures/rpc-client.ts'

const alice = ACCOUNTS[0]!.address
const topic = `0x${'11'.repeat(32)}` as const
const log = { address: ACCOUNTS[2]!.address, topics: [topic], data: Uint8Array.of(1) }

test('a block with the two fields of ours, withdrawals, size and total difficulty', async () => {
  const node = new MemoryNode()
  const withdrawals = [{ index: 1n, validatorIndex: 2n, address: alice, amountInGwei: 3n }]
  const header = { blockAccessListHash: ZERO_HASH, plan: Uint8Array.of(1, 0) }
  const transaction = signed()
  const { block, hash } = node.mine([{ transaction }], header, { withdrawals, accessList: [] })
  const client = new RpcClient(node)
  const brief = await client.result('eth_getBlockByNumber', ['latest', false])
  assert.deepEqual(brief.transactions, [transactionHash(transaction)])
  assert.equal(brief.hash, hash)
  assert.equal(brief.plan, '0x0100')
  assert.equal(brief.blockAccessListHash, ZERO_HASH)
  assert.equal(brief.totalDifficulty, '0x2')
  assert.equal(brief.size, `0x${encodeBlock(block).length.toString(16)}`)
  assert.deepEqual(brief.withdrawals, [{ index: '0x1', validatorIndex: '0x2', address: alice, amount: '0x3' }])
  const full = await client.result('eth_getBlockByHash', [hash, true])
  assert.equal(full.transactions[0].from, alice)
  assert.equal(full.transactions[0].blockTimestamp, '0x3e9')
  // min(maxFeePerGas, base fee + priority fee)
  assert.equal(full.transactions[0].gasPrice, '0xb2d05e00')
  assert.equal(await client.result('eth_getBlockTransactionCountByHash', [hash]), '0x1')
  assert.equal(await client.result('eth_getUncleCountByBlockNumber', ['latest']), '0x0')
})

test('without a plan a block is Ethereum’s, to the field', async () => {
  const node = new MemoryNode()
  const { plan, blockAccessListHash, totalDifficulty } = await new RpcClient(node).result('eth_getBlockByNumber', [
    '0x0',
  ])
  assert.deepEqual([plan, blockAccessListHash, totalDifficulty], [undefined, undefined, undefined])
})

test('tags; blocks that are not there are null', async () => {
  const node = new MemoryNode()
  for (let index = 0; index < 3; index += 1) node.mine([])
  const client = new RpcClient(node)
  const numberOf = async (tag: string) => (await client.result('eth_getBlockByNumber', [tag, false])).number
  assert.deepEqual(await Promise.all(['earliest', 'finalized', 'safe', 'latest', 'pending', '0x1'].map(numberOf)), [
    '0x0',
    '0x0',
    '0x2',
    '0x3',
    '0x3',
    '0x1',
  ])
  for (const [method, ...params] of [
    ['eth_getBlockByNumber', '0x4', true],
    ['eth_getBlockByNumber', '0xffffffffffffffff', true],
    ['eth_getBlockByHash', ZERO_HASH, true],
    ['eth_getBlockReceipts', '0x4'],
    ['eth_getBlockTransactionCountByNumber', '0x4'],
    ['eth_getTransactionByBlockNumberAndIndex', 'latest', '0x0'],
    ['eth_getTransactionByHash', ZERO_HASH],
    ['eth_getTransactionReceipt', ZERO_HASH],
  ] as const) {
    assert.equal(await client.result(method, params), null, method)
  }
})

test('receipts: gas of each alone, logs numbered through the block, created contract, operationsHash', async () => {
  const node = new MemoryNode()
  const create = signed({ nonce: 1n, to: undefined, data: Uint8Array.of(1) })
  const failing = signed({ nonce: 2n })
  const { hash, receipts, block } = node.mine([
    { transaction: signed(), logs: [log, log] },
    { transaction: create, logs: [log], gasUsed: 50_000n },
    { transaction: failing, succeeded: false },
  ])
  node.store({ block, hash, receipts: receipts.map((receipt) => ({ ...receipt, operationsHash: ZERO_HASH })) })
  const client = new RpcClient(node)
  const all = await client.result('eth_getBlockReceipts', ['latest'])
  assert.deepEqual(
    all.map((receipt: { gasUsed: string; cumulativeGasUsed: string }) => [receipt.gasUsed, receipt.cumulativeGasUsed]),
    [
      ['0x5208', '0x5208'],
      ['0xc350', '0x11558'],
      ['0x5208', '0x16760'],
    ],
  )
  assert.deepEqual(
    all.flatMap(({ logs }: { logs: { logIndex: string }[] }) => logs.map(({ logIndex }) => logIndex)),
    ['0x0', '0x1', '0x2'],
  )
  assert.equal(all[1].contractAddress, createAddress(alice, 1n))
  assert.equal(all[0].contractAddress, null)
  assert.equal(all[2].status, '0x0')
  assert.equal(all[0].operationsHash, ZERO_HASH)
  assert.equal(all[0].effectiveGasPrice, '0xb2d05e00')
  assert.deepEqual(await client.result('eth_getTransactionReceipt', [transactionHash(create)]), all[1])
  assert.equal(all[0].logs[0].removed, false)
  assert.equal(all[0].logs[0].blockHash, hash)
})

test('a pooled transaction stands nowhere yet', async () => {
  const node = new MemoryNode()
  const transaction = signed()
  const hash = await node.pool.add(transaction, { local: true })
  const pooled = await new RpcClient(node).result('eth_getTransactionByHash', [hash])
  assert.equal(pooled.blockHash, null)
  assert.equal(pooled.transactionIndex, null)
  assert.equal(pooled.gasPrice, '0xb2d05e00')
  assert.equal(pooled.from, alice)
  assert.equal(await new RpcClient(node).result('eth_getTransactionReceipt', [hash]), null)
})

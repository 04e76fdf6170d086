import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytesToHex } from '../../../primitives/hex.ts'
import { encodeTransaction } from '../../../primitives/transaction.ts'
import { ACCOUNTS, MemoryNode, signed } from '../../fixtures/memory-node.ts'
import { RpcClient } from '../../fixtures/rpc-client.ts'

const alice = ACCOUNTS[0]!.address
const NOBODY = `0x${'00'.repeat(32)}`

test('headers without what a block has beside', async () => {
  const node = new MemoryNode()
  node.mine([])
  const client = new RpcClient(node)
  const {
    transactions: _,
    uncles: __,
    size: ___,
    totalDifficulty: ____,
    withdrawals: _____,
    ...header
  } = await client.result('eth_getBlockByNumber', ['0x1', false])
  assert.deepEqual(await client.result('eth_getHeaderByNumber', ['latest']), header)
  assert.deepEqual(await client.result('eth_getHeaderByHash', [header.hash]), header)
  assert.equal(await client.result('eth_getHeaderByNumber', ['0x2']), null)
  assert.equal(await client.result('eth_getHeaderByHash', [NOBODY]), null)
})

test('uncles by their index', async () => {
  const node = new MemoryNode()
  const uncle = node.make([], node.chain.head().hash, { timestamp: 99n }).block.header
  const { hash } = node.mine([], {}, { ommers: [uncle] })
  const client = new RpcClient(node)
  const found = await client.result('eth_getUncleByBlockHashAndIndex', [hash, '0x0'])
  assert.equal(found.timestamp, '0x63')
  assert.deepEqual(await client.result('eth_getUncleByBlockNumberAndIndex', ['latest', '0x0']), found)
  assert.equal(await client.result('eth_getUncleByBlockNumberAndIndex', ['latest', '0x1']), null)
  assert.equal(await client.result('eth_getUncleByBlockHashAndIndex', [NOBODY, '0x0']), null)
})

test('transactions in consensus form by their place', async () => {
  const node = new MemoryNode()
  const transactions = [signed(), signed({ nonce: 1n })]
  const { hash } = node.mine(transactions.map((transaction) => ({ transaction })))
  const client = new RpcClient(node)
  for (const [index, transaction] of transactions.entries()) {
    const raw = bytesToHex(encodeTransaction(transaction))
    assert.equal(await client.result('eth_getRawTransactionByBlockHashAndIndex', [hash, index]), raw)
    assert.equal(await client.result('eth_getRawTransactionByBlockNumberAndIndex', ['0x1', index]), raw)
  }
  assert.equal(await client.result('eth_getRawTransactionByBlockNumberAndIndex', ['0x1', 2]), null)
})

test('accounts with their code, and the pool', async () => {
  const node = new MemoryNode()
  node.codes.set(NOBODY as `0x${string}`, Uint8Array.of(0x60))
  node.accountState.set(alice, { nonce: 7n, balance: 300n, codeHash: NOBODY as `0x${string}` })
  const client = new RpcClient(node)
  const info = { nonce: '0x7', balance: '0x12c', code: '0x60' }
  assert.deepEqual(await client.result('eth_getAccountInfo', [alice, 'latest']), info)
  const nothing = { nonce: '0x0', balance: '0x0', code: '0x' }
  assert.deepEqual(await client.result('eth_getAccountInfo', [ACCOUNTS[1]!.address]), nothing)
  assert.deepEqual(await client.result('eth_pendingTransactions'), [])
  await node.pool.add(signed({ nonce: 3n }), { local: true })
  const [pending] = await client.result('eth_pendingTransactions')
  assert.deepEqual([pending.nonce, pending.from, pending.blockHash], ['0x3', alice, null])
})

test('what there is only one answer to', async () => {
  const client = new RpcClient(new MemoryNode())
  assert.equal(await client.result('eth_networkId'), await client.result('net_version'))
  assert.equal(await client.result('eth_hashrate'), '0x0')
})

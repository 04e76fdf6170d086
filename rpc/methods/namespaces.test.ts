import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACCOUNTS, MemoryNode, signed } from '../fixtures/memory-node.ts'
import { RpcClient } from '../fixtures/rpc-client.ts'

test('client, net and web3', async () => {
  const node = new MemoryNode()
  const client = new RpcClient(node)
  assert.equal(await client.result('eth_chainId'), '0x7a69')
  assert.equal(await client.result('net_version'), '31337')
  assert.equal(await client.result('eth_blockNumber'), '0x0')
  assert.equal(await client.result('net_listening'), true)
  assert.equal(await client.result('net_peerCount'), '0x1')
  assert.equal(await client.result('web3_clientVersion'), 'pavm/test')
  assert.equal(
    await client.result('web3_sha3', ['0x68656c6c6f20776f726c64']),
    '0x47173285a8d7341e5e972fc677286384f802f8ef42a5ec5f03bbfa254cb01fad',
  )
  const accounts = ACCOUNTS.map(({ address }) => address)
  for (const name of ['eth_accounts', 'eth_requestAccounts', 'personal_listAccounts']) {
    assert.deepEqual(await client.result(name), accounts, name)
  }
  assert.equal((await client.error('eth_coinbase')).code, -32000)
  assert.equal(await client.result('eth_syncing'), false)
  node.sync = { syncing: true, startingBlock: 1n, currentBlock: 5n, highestBlock: 16n }
  const progress = { startingBlock: '0x1', currentBlock: '0x5', highestBlock: '0x10' }
  assert.deepEqual(await client.result('eth_syncing'), progress)
  const modules = await client.result('rpc_modules')
  for (const namespace of ['debug', 'eth', 'net', 'pavm', 'personal', 'rpc', 'txpool', 'web3']) {
    assert.equal(modules[namespace], '1.0', namespace)
  }
})

test('txpool: by sender with checksum, by nonce', async () => {
  const node = new MemoryNode()
  const client = new RpcClient(node)
  await node.pool.add(signed({ nonce: 3n }), { local: true })
  const checksummed = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'
  const content = await client.result('txpool_content')
  assert.equal(content.pending[checksummed]['3'].nonce, '0x3')
  assert.deepEqual(content.queued, {})
  assert.deepEqual(await client.result('txpool_status'), { pending: '0x1', queued: '0x0' })
  const inspected = await client.result('txpool_inspect')
  assert.match(inspected.pending[checksummed]['3'], /^0x[0-9a-fA-F]{40}: 1 wei \+ 21000 gas × 3000000000 wei$/)
  const from = await client.result('txpool_contentFrom', [checksummed])
  assert.deepEqual(Object.keys(from.pending), ['3'])
  assert.deepEqual(await client.result('txpool_contentFrom', [`0x${'00'.repeat(20)}`]), { pending: {}, queued: {} })
})

test('subscriptions need a WebSocket', async () => {
  const client = new RpcClient(new MemoryNode())
  assert.equal((await client.error('eth_subscribe', ['newHeads'])).code, -32004)
  assert.equal((await client.error('eth_unsubscribe', ['0x1'])).code, -32004)
})

test('eth_capabilities says of how many blocks the state is kept', async () => {
  const node = new MemoryNode()
  for (let number = 0; number < 4; number++) node.mine([])
  const whole = { disabled: false, oldestBlock: '0x0' }
  const all = await new RpcClient(node).result('eth_capabilities')
  assert.deepEqual(all.head, { number: '0x4', hash: node.chain.head().hash })
  assert.deepEqual([all.state, all.stateproofs, all.logs, all.blocks], [whole, whole, whole, whole])
  const some = await new RpcClient(node, { keptStates: 3 }).result('eth_capabilities')
  const window = { ...whole, oldestBlock: '0x2', deleteStrategy: { type: 'window', retentionBlocks: '0x3' } }
  assert.deepEqual([some.state, some.stateproofs, some.receipts], [window, window, whole])
  const { state } = await new RpcClient(node, { keptStates: 9 }).result('eth_capabilities')
  assert.equal(state.oldestBlock, '0x0')
})

test('testing_ is served only where it is asked for', async () => {
  const { code } = await new RpcClient(new MemoryNode()).error('testing_buildBlockV1')
  assert.equal(code, -32601)
})

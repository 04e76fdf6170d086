import assert from 'node:assert/strict'
import { test } from 'node:test'
import { transactionHash } from '../../../primitives/transaction.ts'
import { ACCOUNTS, MemoryNode, signed } from '../../fixtures/memory-node.ts'
import { RpcClient } from '../../fixtures/rpc-client.ts'

const [ALICE, BOB] = ACCOUNTS.map(({ address }) => address)

test('by sender and nonce: what is mined, then what the pool has, within the range of a search', async () => {
  const node = new MemoryNode()
  const mined = [signed({}, 1), signed(), signed({ nonce: 1n })]
  for (const transaction of mined) node.mine([{ transaction }])
  const waiting = signed({ nonce: 2n })
  await node.pool.add(waiting, { local: true })
  const client = new RpcClient(node)
  const find = (sender: unknown, nonce: unknown) => client.result('eth_getTransactionBySenderAndNonce', [sender, nonce])
  const found = await find(ALICE, '0x1')
  assert.deepEqual(found, await client.result('eth_getTransactionByHash', [transactionHash(mined[2]!)]))
  assert.deepEqual([found.hash, found.blockNumber], [transactionHash(mined[2]!), '0x3'])
  assert.equal((await find(BOB, '0x0')).hash, transactionHash(mined[0]!))
  const pooled = await find(ALICE, '0x2')
  assert.deepEqual([pooled.hash, pooled.blockNumber], [transactionHash(waiting), null])
  assert.equal(await find(ALICE, '0x3'), null)
  assert.equal(await find(BOB, '0x2'), null)
  const bounded = new RpcClient(node, { maxLogRange: 2 })
  assert.equal(await bounded.result('eth_getTransactionBySenderAndNonce', [BOB, '0x0']), null)
  assert.equal((await client.error('eth_getTransactionBySenderAndNonce', [ALICE, '0x10000000000000000'])).code, -32602)
})

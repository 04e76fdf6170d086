import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytesToHex, ZERO_HASH } from '../primitives/hex.ts'
import { encodeTransaction, transactionHash } from '../primitives/transaction.ts'
import { MemoryNode, signed } from './fixtures/memory-node.ts'
import { RpcClient } from './fixtures/rpc-client.ts'
import { ReceiptWaiters } from './receipt-wait.ts'

const transaction = signed()
const raw = bytesToHex(encodeTransaction(transaction))

test('a send waits for the block with its transaction, not for another', async () => {
  const node = new MemoryNode()
  const client = new RpcClient(node)
  let isAnswered = false
  const sending = client.result('eth_sendRawTransactionSync', [raw]).finally(() => (isAnswered = true))
  while (node.pooled.size === 0) await new Promise(setImmediate)
  node.mine([])
  await new Promise(setImmediate)
  assert.equal(isAnswered, false)
  node.mine([{ transaction }])
  const receipt = await sending
  assert.deepEqual([receipt.transactionHash, receipt.blockNumber], [transactionHash(transaction), '0x2'])
})

test('one that is mined at once is answered at once', async () => {
  const node = new MemoryNode()
  node.addToPool = async (added) => void node.mine([{ transaction: added }])
  const receipt = await new RpcClient(node).result('eth_sendRawTransactionSync', [raw, 1])
  assert.equal(receipt.transactionHash, transactionHash(transaction))
})

test('after the time asked for the hash is told', async () => {
  const { code, data } = await new RpcClient(new MemoryNode()).error('eth_sendRawTransactionSync', [raw, 5])
  assert.deepEqual([code, data], [4, transactionHash(transaction)])
})

test('the pool’s refusal comes without a wait', async () => {
  const node = new MemoryNode()
  const { code } = await new RpcClient(node).error('eth_sendTransactionSync', [{ to: `0x${'11'.repeat(20)}` }])
  assert.equal(code, -32602)
})

test('nobody waits for a client that is gone, and only so many wait', async () => {
  const waiters = new ReceiptWaiters(new MemoryNode())
  const gone = new AbortController()
  const waiting = Array.from({ length: 1_000 }, () => waiters.receiptOf(ZERO_HASH, 60_000, { gone: gone.signal }))
  await assert.rejects(waiters.receiptOf(ZERO_HASH, 60_000, {}), { code: 'limit-exceeded' })
  gone.abort()
  for (const { status } of await Promise.allSettled(waiting)) assert.equal(status, 'rejected')
  await assert.rejects(waiters.receiptOf(ZERO_HASH, 1, {}), { code: 'not-mined-in-time' })
})

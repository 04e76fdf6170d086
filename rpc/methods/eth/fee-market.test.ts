import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryNode, signed } from '../../fixtures/memory-node.ts'
import { RpcClient } from '../../fixtures/rpc-client.ts'

const GWEI = 1_000_000_000n
const tipping = (tip: bigint, nonce: bigint) => signed({ nonce, maxPriorityFeePerGas: tip, maxFeePerGas: GWEI + tip })

test('suggestions follow recent blocks, never below the floor', async () => {
  const node = new MemoryNode()
  const client = new RpcClient(node, { priorityFeeFloor: 7n })
  assert.equal(await client.result('eth_maxPriorityFeePerGas'), '0x7')
  assert.equal(await client.result('eth_gasPrice'), `0x${(GWEI + 7n).toString(16)}`)
  node.mine([1n, 100n, 200n, 300n, 9_000n].map((tip, nonce) => ({ transaction: tipping(tip, BigInt(nonce)) })))
  // of 1, 100, 200 (the cheapest three) the sample at 60 %
  assert.equal(await client.result('eth_maxPriorityFeePerGas'), '0x64')
  assert.equal(await client.result('eth_baseFee'), '0x3b9aca00')
  assert.equal(await client.result('eth_blobBaseFee'), '0x1')
})

test('the gas price is enough on the head too, whose base fee the next block may fall below', async () => {
  const node = new MemoryNode()
  const price = (nextBaseFee: bigint) => {
    const fees = { ...node.fees, nextBaseFee: () => nextBaseFee }
    return new RpcClient({ ...node, fees }, { priorityFeeFloor: 7n }).result('eth_gasPrice')
  }
  assert.equal(BigInt(await price((GWEI * 7n) / 8n)), GWEI + 7n)
  assert.equal(BigInt(await price((GWEI * 9n) / 8n)), (GWEI * 9n) / 8n + 7n)
})

test('fee history: base fees of one block more, ratios, rewards by share of gas', async () => {
  const node = new MemoryNode()
  node.mine([])
  node.mine(
    [
      { transaction: tipping(30n, 0n), gasUsed: 10n },
      { transaction: tipping(10n, 1n), gasUsed: 50n },
      { transaction: tipping(20n, 2n), gasUsed: 40n },
    ],
    { gasLimit: 200n, blobGasUsed: 131_072n },
  )
  const client = new RpcClient(node)
  const history = await client.result('eth_feeHistory', ['0x2', 'latest', [0, 50, 51, 90, 91, 100]])
  assert.equal(history.oldestBlock, '0x1')
  assert.deepEqual(history.gasUsedRatio, [0, 0.5])
  assert.deepEqual(history.baseFeePerGas, Array(3).fill('0x3b9aca00'))
  assert.deepEqual(history.blobGasUsedRatio, [0, 1 / 9])
  assert.equal(history.baseFeePerBlobGas.length, 3)
  assert.deepEqual(history.reward, [Array(6).fill('0x0'), ['0xa', '0xa', '0x14', '0x14', '0x1e', '0x1e']])
  assert.equal('reward' in (await client.result('eth_feeHistory', [1, 'latest'])), false)
  assert.equal((await client.result('eth_feeHistory', [5_000, 'latest', []])).oldestBlock, '0x0')
})

test('percentiles must be such', async () => {
  const client = new RpcClient(new MemoryNode())
  for (const percentiles of [[2, 1], [-1], [101], ['5'], [null], Array(101).fill(1), 5]) {
    assert.equal((await client.error('eth_feeHistory', [1, 'latest', percentiles])).code, -32602, String(percentiles))
  }
  assert.equal((await client.error('eth_feeHistory', [1, '0x5'])).code, -32001)
})

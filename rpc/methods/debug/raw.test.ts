import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeBlock, encodeBlock } from '../../../primitives/block.ts'
import { encodeBlockAccessList } from '../../../primitives/block-access-list.ts'
import { decodeHeader } from '../../../primitives/header.ts'
import { bytesToHex, hexToBytes } from '../../../primitives/hex.ts'
import { decodeReceipt } from '../../../primitives/receipt.ts'
import { encodeTransaction, transactionHash } from '../../../primitives/transaction.ts'
import { ACCOUNTS, MemoryNode, signed } from '../../fixtures/memory-node.ts'
import { RpcClient } from '../../fixtures/rpc-client.ts'

test('headers, blocks and receipts come as they are stored', async () => {
  const node = new MemoryNode()
  const { block, hash, receipts } = node.mine([{ transaction: signed() }, { transaction: signed({ nonce: 1n }) }])
  const client = new RpcClient(node)
  for (const parameter of ['0x1', 'latest', hash]) {
    assert.deepEqual(decodeHeader(hexToBytes(await client.result('debug_getRawHeader', [parameter]))), block.header)
    assert.deepEqual(
      decodeBlock(hexToBytes(await client.result('debug_getRawBlock', [parameter]))).header,
      block.header,
    )
    const raw: string[] = await client.result('debug_getRawReceipts', [parameter])
    assert.deepEqual(
      raw.map((each) => decodeReceipt(hexToBytes(each)).cumulativeGasUsed),
      receipts.map(({ cumulativeGasUsed }) => cumulativeGasUsed),
    )
  }
})

test('a transaction comes from the chain or the pool', async () => {
  const node = new MemoryNode()
  const mined = signed()
  const pooled = signed({ nonce: 1n })
  node.mine([{ transaction: mined }])
  await node.pool.add(pooled, { local: true })
  const client = new RpcClient(node)
  for (const transaction of [mined, pooled]) {
    const raw = await client.result('debug_getRawTransaction', [transactionHash(transaction)])
    assert.equal(raw, bytesToHex(encodeTransaction(transaction)))
  }
})

test('what is not there is not found', async () => {
  const client = new RpcClient(new MemoryNode())
  for (const method of ['debug_getRawHeader', 'debug_getRawBlock', 'debug_getRawReceipts']) {
    assert.equal((await client.error(method, ['0x9'])).code, -32001, method)
  }
  assert.equal((await client.error('debug_getRawTransaction', [`0x${'12'.repeat(32)}`])).code, -32001)
})

test('an access list comes where the block has one', async () => {
  const node = new MemoryNode()
  const accessList = [
    {
      address: ACCOUNTS[0]!.address,
      storageChanges: [],
      storageReads: [1n],
      balanceChanges: [],
      nonceChanges: [],
      codeChanges: [],
    },
  ]
  node.mine([], {}, { accessList })
  const client = new RpcClient(node)
  assert.equal(
    await client.result('debug_getRawBlockAccessList', ['latest']),
    bytesToHex(encodeBlockAccessList(accessList)),
  )
  assert.equal((await client.error('debug_getRawBlockAccessList', ['earliest'])).code, -32001)
})

test('bad blocks are told whole', async () => {
  const node = new MemoryNode()
  const client = new RpcClient(node)
  assert.deepEqual(await client.result('debug_getBadBlocks'), [])
  const { block, hash } = node.make([{ transaction: signed() }], node.blocks.canonicalHash(0n))
  node.bad = [{ hash, rlp: encodeBlock(block) }]
  const [bad] = await client.result('debug_getBadBlocks')
  assert.equal(bad.hash, hash)
  assert.equal(bad.block.transactions.length, 1)
  assert.equal(bad.rlp, bytesToHex(encodeBlock(block)))
})

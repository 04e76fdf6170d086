import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { headerHash } from '../primitives/header.ts'
import { ZERO_HASH } from '../primitives/hex.ts'
import type { Transaction } from '../primitives/transaction.ts'
import { COINBASE_A, RECIPIENT, TestNode, transfer } from './fixtures/test-node.ts'
import { type PayloadAttributes, PayloadBuilder } from './payload-builder.ts'

async function open(t: TestContext, pooled: readonly Transaction[] = []) {
  const node = await TestNode.open(t)
  const payloads = new PayloadBuilder(
    { config: node.genesis.config, gasLimit: 30_000_000n },
    {
      blocks: node.blocks,
      txpool: { candidates: () => pooled },
      builder: node.execution,
      processor: node.processor,
    },
  )
  return { node, payloads }
}

const attributes = (changes: Partial<PayloadAttributes> = {}): PayloadAttributes => ({
  timestamp: 2_000_000n,
  prevRandao: `0x${'12'.repeat(32)}`,
  coinbase: COINBASE_A,
  withdrawals: [],
  parentBeaconBlockRoot: ZERO_HASH,
  extraData: Uint8Array.of(7),
  ...changes,
})

test('a block has the transactions that are given, in their order, and what the attributes say', async (t) => {
  const { node, payloads } = await open(t, [transfer(2, 0n)])
  const { header: base, hash: parentHash } = node.chain.head()
  const transactions = [transfer(1, 0n), transfer(0, 0n), transfer(0, 1n)]
  const { block, value } = await payloads.build(node.chain.head(), attributes(), transactions)
  assert.deepEqual(block.transactions, transactions)
  const { header } = block
  const { timestamp, mixHash, coinbase, extraData } = header
  assert.deepEqual(
    { timestamp, mixHash, coinbase, extraData },
    {
      timestamp: 2_000_000n,
      mixHash: `0x${'12'.repeat(32)}`,
      coinbase: COINBASE_A,
      extraData: Uint8Array.of(7),
    },
  )
  assert.equal(header.parentHash, parentHash)
  assert.equal(header.number, base.number + 1n)
  assert.equal(value, 3n * 21_000n)
  assert.equal(node.head, parentHash, 'nothing is taken in')
})

test('the state is the one that a block made by a miner has', async (t) => {
  const { node, payloads } = await open(t)
  const transactions = [transfer(0, 0n), transfer(1, 0n, 9n)]
  const parent = node.chain.head()
  const { block } = await node.make({ transactions, coinbase: COINBASE_A })
  const { timestamp, mixHash: prevRandao, parentBeaconBlockRoot = ZERO_HASH } = block.header
  const payload = await payloads.build(
    parent,
    attributes({ timestamp, prevRandao, parentBeaconBlockRoot }),
    transactions,
  )
  assert.equal(payload.block.header.stateRoot, block.header.stateRoot)
  assert.equal(payload.block.header.receiptsRoot, block.header.receiptsRoot)
  assert.notEqual(headerHash(payload.block.header), headerHash(block.header))
})

test('without transactions the pool gives them; withdrawals are paid', async (t) => {
  const { node, payloads } = await open(t, [transfer(2, 0n), transfer(3, 5n)])
  const withdrawals = [{ index: 1n, validatorIndex: 1n, address: RECIPIENT, amountInGwei: 1n }]
  const { block } = await payloads.build(node.chain.head(), attributes({ withdrawals }), undefined)
  assert.deepEqual(block.transactions, [transfer(2, 0n)])
  assert.deepEqual(block.withdrawals, withdrawals)
})

test('a given transaction that cannot be in it is the failure', async (t) => {
  const { node, payloads } = await open(t)
  const build = (...transactions: Transaction[]) => payloads.build(node.chain.head(), attributes(), transactions)
  await assert.rejects(build(transfer(0, 0n), transfer(1, 9n)), { name: 'TransactionError', code: 'nonce-too-high' })
  await assert.rejects(build(transfer(0, 0n), transfer(0, 0n)), { name: 'TransactionError', code: 'nonce-too-low' })
})

test('the parent may be any block whose state is kept', async (t) => {
  const { node, payloads } = await open(t)
  const first = node.chain.head()
  await node.extend({ transactions: [transfer(0, 0n)] })
  const { block } = await payloads.build(first, attributes(), [transfer(0, 0n)])
  assert.equal(block.header.parentHash, first.hash)
  await assert.rejects(payloads.build(node.chain.head(), attributes(), [transfer(0, 0n)]), { code: 'nonce-too-low' })
})

test('payloads begin with Cancun', async (t) => {
  const { payloads } = await open(t)
  assert.equal(payloads.hasPayloads(1n, 2_000_000n), true)
})

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { BlockErrorCode } from '../execution/block/block-error.ts'
import type { BlockExecutor } from '../execution/block/executor.ts'
import type { Block } from '../primitives/block.ts'
import { blockAccessListHash } from '../primitives/block-access-list.ts'
import { ZERO_HASH } from '../primitives/hex.ts'
import { transactionHash } from '../primitives/transaction.ts'
import { BlockStore } from '../storage/block-store.ts'
import { checkDatabase } from '../storage/checker.ts'
import {
  COINBASE_A,
  COINBASE_B,
  GENESIS_TIMESTAMP,
  hashOf,
  RECIPIENT,
  TestNode,
  temporaryDirectory,
  testGenesis,
  transfer,
  withHeader,
} from './fixtures/test-node.ts'
import { isSealed } from './pow-seal.ts'

test('blocks with transactions are imported, and everything of them is stored', async (t) => {
  const miner = await TestNode.open(t)
  const validator = await TestNode.open(t)
  const transactions = [transfer(0, 0n), transfer(1, 0n), transfer(0, 1n)]
  const first = await miner.extend({ transactions })
  const second = await miner.extend()
  assert.deepEqual(await validator.take(first), { status: 'imported', hash: hashOf(first) })
  assert.deepEqual(await validator.take(second), { status: 'imported', hash: hashOf(second) })
  assert.equal(validator.head, miner.head)
  assert.equal(validator.balance(RECIPIENT), 3n)
  assert.deepEqual(validator.blocks.block(hashOf(first)), first)
  const receipts = validator.blocks.receipts(hashOf(first))!
  assert.deepEqual(
    receipts.map(({ status, cumulativeGasUsed }) => [status, cumulativeGasUsed]),
    [
      [true, 21_000n],
      [true, 42_000n],
      [true, 63_000n],
    ],
  )
  assert.equal(validator.blocks.transactionLocation(transactionHash(transactions[2]!))?.index, 2)
  assert.equal(validator.chain.head().totalDifficulty, 64n + first.header.difficulty + second.header.difficulty)
  assert.deepEqual(
    validator.changes.map(({ added, removed }) => [added.map(({ hash }) => hash), removed.length]),
    [
      [[hashOf(first)], 0],
      [[hashOf(second)], 0],
    ],
  )
  assert.deepEqual(validator.changes[0]!.added[0]!.receipts, receipts)
  assert.equal((await validator.take(first)).status, 'known')
  assert.deepEqual((await checkDatabase(validator.database)).problems, [])
})

test('a block whose parent is missing can come again later', async (t) => {
  const miner = await TestNode.open(t)
  const validator = await TestNode.open(t)
  const first = await miner.extend()
  const second = await miner.extend()
  await assert.rejects(validator.take(second), { code: 'unknown-parent' })
  await validator.take(first)
  await validator.take(second)
  assert.equal(validator.head, miner.head)
})

test('a block from the future can come again later', async (t) => {
  let seconds = GENESIS_TIMESTAMP
  const miner = await TestNode.open(t)
  const validator = await TestNode.open(t, { now: () => Number(seconds) * 1_000 })
  const block = await miner.extend({ delay: 30 })
  await assert.rejects(validator.take(block), { code: 'future-block' })
  seconds += 20n
  assert.equal((await validator.take(block)).status, 'imported')
})

const FLIP = (byte: number) => byte ^ 1

/** What a dishonest miner can write into a header, sealed like the truth. */
const LIES: readonly (readonly [label: string, falsify: (block: Block) => Block, code: BlockErrorCode])[] = [
  ['number', (block) => withHeader(block, { number: 7n }), 'wrong-number'],
  ['timestamp', (block) => withHeader(block, { timestamp: GENESIS_TIMESTAMP }), 'timestamp-too-early'],
  ['gasLimit', (block) => withHeader(block, { gasLimit: 5_000n }), 'gas-limit-out-of-bounds'],
  ['gasUsed above limit', (block) => withHeader(block, { gasUsed: 1n << 40n }), 'gas-used-above-limit'],
  ['gasUsed', (block) => withHeader(block, { gasUsed: 42_001n }), 'wrong-gas-used'],
  ['extraData', (block) => withHeader(block, { extraData: new Uint8Array(33) }), 'extra-data-too-long'],
  ['baseFeePerGas', (block) => withHeader(block, { baseFeePerGas: 1n }), 'wrong-base-fee'],
  ['difficulty', (block) => withHeader(block, { difficulty: 17n }), 'wrong-difficulty'],
  ['mixHash', (block) => withHeader(block, { mixHash: ZERO_HASH }), 'wrong-mix-hash'],
  ['excessBlobGas', (block) => withHeader(block, { excessBlobGas: 1n }), 'wrong-excess-blob-gas'],
  ['blobGasUsed', (block) => withHeader(block, { blobGasUsed: 131_072n }), 'wrong-blob-gas-used'],
  ['blobGasUsed, no multiple', (block) => withHeader(block, { blobGasUsed: 1n }), 'blob-gas-out-of-bounds'],
  ['ommersHash', (block) => withHeader(block, { ommersHash: ZERO_HASH }), 'wrong-ommers-hash'],
  ['transactionsRoot', (block) => withHeader(block, { transactionsRoot: ZERO_HASH }), 'wrong-transactions-root'],
  ['withdrawalsRoot', (block) => withHeader(block, { withdrawalsRoot: ZERO_HASH }), 'wrong-withdrawals-root'],
  ['requestsHash', (block) => withHeader(block, { requestsHash: ZERO_HASH }), 'wrong-requests-hash'],
  ['blockAccessListHash', (block) => withHeader(block, { blockAccessListHash: ZERO_HASH }), 'wrong-list-hash'],
  ['plan', (block) => withHeader(block, { plan: Uint8Array.of(1, 0) }), 'wrong-plan-length'],
  ['plan’s form', (block) => withHeader(block, { plan: Uint8Array.of(9) }), 'plan-malformed'],
  ['stateRoot', (block) => withHeader(block, { stateRoot: ZERO_HASH }), 'wrong-state-root'],
  ['receiptsRoot', (block) => withHeader(block, { receiptsRoot: ZERO_HASH }), 'wrong-operations-hash'],
  ['logsBloom', (block) => withHeader(block, { logsBloom: new Uint8Array(256).map(FLIP) }), 'wrong-bloom'],
  ['coinbase', (block) => withHeader(block, { coinbase: COINBASE_B }), 'wrong-write-set'],
  [
    'parentBeaconBlockRoot',
    (block) => withHeader(block, { parentBeaconBlockRoot: `0x${'11'.repeat(32)}` }),
    'wrong-write-set',
  ],
  [
    'an account left out of the list',
    (block) => {
      const accessList = block.accessList!.filter(({ address }) => address !== RECIPIENT)
      return { ...withHeader(block, { blockAccessListHash: blockAccessListHash(accessList) }), accessList }
    },
    'wrong-read-set',
  ],
]

test('whatever a header lies about, the block is refused by the lie’s name, and the honest chain goes on', async (t) => {
  const miner = await TestNode.open(t)
  const validator = await TestNode.open(t)
  const transactions = [transfer(0, 0n), transfer(1, 0n)]
  for (const [label, falsify, code] of LIES) {
    const { block } = await miner.make({ transactions, falsify, coinbase: COINBASE_A })
    await assert.rejects(validator.take(block), { code }, label)
    assert.equal(validator.chain.head().header.number, 0n, label)
  }
  const { block } = await miner.make({ transactions, coinbase: COINBASE_A })
  // One nonce in 64 would do by chance.
  const unsealed = [1, 2, 4, 8].map((bits) => {
    return withHeader(block, { nonce: block.header.nonce.map((byte) => byte ^ bits) })
  })
  const loser = unsealed.find(({ header }) => !isSealed(header))!
  await assert.rejects(validator.take(loser), { code: 'wrong-seal' })
  await assert.rejects(validator.take({ ...block, transactions: [transfer(0, 0n), transfer(2, 0n)] }), {
    code: 'wrong-transactions-root',
  })
  // The last one had the honest block's hash: a false body must not make the header suspect.
  assert.equal((await validator.take(block)).status, 'imported')
  assert.deepEqual((await checkDatabase(validator.database)).problems, [])
})

test('a block found invalid is known to be so, and so is what builds on it', async (t) => {
  const miner = await TestNode.open(t)
  const validator = await TestNode.open(t)
  const { block } = await miner.make({ falsify: (honest) => withHeader(honest, { stateRoot: ZERO_HASH }) })
  await assert.rejects(validator.take(block), { code: 'wrong-state-root' })
  await assert.rejects(validator.take(block), { code: 'known-invalid', details: { code: 'wrong-state-root' } })
  const child = { ...block, header: { ...block.header, number: 2n, parentHash: hashOf(block) } }
  await assert.rejects(validator.take(child), { code: 'invalid-ancestor' })
  await assert.rejects(validator.take(child), { code: 'known-invalid' })
})

test('the heavier branch takes over, with its transactions', async (t) => {
  const a = await TestNode.open(t)
  const b = await TestNode.open(t)
  const common = await a.extend({ transactions: [transfer(0, 0n)] })
  await b.take(common)
  const left = [await a.extend({ transactions: [transfer(0, 1n, 10n)], coinbase: COINBASE_A }), await a.extend()]
  const right = [
    await b.extend({ transactions: [transfer(1, 0n, 100n)], coinbase: COINBASE_B }),
    await b.extend({ transactions: [transfer(0, 1n, 10n)] }),
    await b.extend(),
  ]
  a.changes.length = 0
  assert.equal((await a.take(right[0]!)).status, 'side')
  assert.equal((await a.take(right[1]!)).status, 'side', 'as heavy as the head: the one seen first stays')
  assert.equal(a.balance(RECIPIENT), 11n)
  assert.equal((await a.take(right[1]!)).status, 'known')
  assert.equal((await a.take(right[2]!)).status, 'reorg')
  assert.equal(a.head, b.head)
  assert.equal(a.balance(RECIPIENT), 111n)
  assert.equal(a.balance(COINBASE_A), 0n)
  assert.deepEqual(
    a.changes.map(({ added, removed }) => [added.map(({ block }) => block), removed.map(({ block }) => block)]),
    [[right, [left[1], left[0]]]],
  )
  assert.equal(a.changes[0]!.removed[1]!.receipts.length, 1)
  const moved = transactionHash(left[0]!.transactions[0]!)
  assert.equal(a.blocks.transactionLocation(moved)?.blockHash, hashOf(right[1]!))
  // The branch that was left is still there, and can win again.
  const again = await TestNode.open(t)
  for (const block of [common, ...left]) await again.take(block)
  const more = [await again.extend(), await again.extend()]
  assert.equal((await a.take(more[0]!)).status, 'side')
  assert.equal((await a.take(more[1]!)).status, 'reorg')
  assert.equal(a.head, again.head)
  assert.deepEqual((await checkDatabase(a.database)).problems, [])
})

const LIE = (block: Block) => withHeader(block, { logsBloom: block.header.logsBloom.map(FLIP) })

/** Blocks on the genesis by a miner who lies in one of them and believes himself. */
async function branchWithLie(t: TestContext, lieAt: number, length: number): Promise<Block[]> {
  const liar = await TestNode.open(t, { gullible: true })
  const blocks: Block[] = []
  for (let index = 0; index < length; index++) {
    const falsify = (block: Block) => (index === lieAt ? LIE(block) : block)
    blocks.push(await liar.extend({ coinbase: COINBASE_B, falsify }))
  }
  return blocks
}

test('a heavier branch that proves invalid is left again', async (t) => {
  const node = await TestNode.open(t)
  const own = [await node.extend({ transactions: [transfer(0, 0n)] }), await node.extend(), await node.extend()]
  const [first, lie, third, fourth] = await branchWithLie(t, 1, 4)
  node.changes.length = 0
  for (const block of [first!, lie!, third!]) assert.equal((await node.take(block)).status, 'side')
  await assert.rejects(node.take(fourth!), {
    code: 'invalid-ancestor',
    details: { ancestor: hashOf(lie!), code: 'wrong-bloom' },
  })
  assert.equal(node.head, hashOf(own[2]!))
  assert.equal(node.balance(RECIPIENT), 1n)
  assert.deepEqual(node.changes, [], 'in the end nothing changed')
  for (const block of [lie!, third!, fourth!]) await assert.rejects(node.take(block), { code: 'known-invalid' })
  assert.equal((await node.take(first!)).status, 'known')
  await node.extend()
  assert.deepEqual((await checkDatabase(node.database)).problems, [])
})

test('what is valid of a heavier branch is taken when it is heavier still', async (t) => {
  const node = await TestNode.open(t)
  const own = await node.extend()
  const blocks = await branchWithLie(t, 3, 4)
  // As after a stop: all of the branch is stored, and nothing of it executed.
  let totalDifficulty = node.blocks.totalDifficulty(own.header.parentHash)!
  for (const block of blocks.slice(0, 3)) {
    totalDifficulty += block.header.difficulty
    await node.committer.storeSideBlock({ block, hash: hashOf(block), totalDifficulty })
  }
  node.changes.length = 0
  await assert.rejects(node.take(blocks[3]!), { code: 'wrong-bloom' })
  assert.equal(node.head, hashOf(blocks[2]!))
  assert.equal(node.changes.length, 1)
  assert.equal(node.changes[0]!.added.length, 3)
})

test('a reorg that was interrupted is finished at the next start', async (t) => {
  const directory = temporaryDirectory(t)
  const b = await TestNode.open(t)
  const right = [await b.extend({ transactions: [transfer(1, 0n)] }), await b.extend(), await b.extend()]
  const a = await TestNode.open(t, { directory })
  await a.extend({ transactions: [transfer(0, 0n)], coinbase: COINBASE_A })
  await a.extend()
  for (const block of right.slice(0, 2)) await a.take(block)
  // The process dies after the third is stored and the head is rolled back by one of two blocks.
  const totalDifficulty = b.chain.head().totalDifficulty
  await a.committer.storeSideBlock({ block: right[2]!, hash: hashOf(right[2]!), totalDifficulty })
  await a.committer.rollbackHead()
  await a.close()
  const restarted = await TestNode.open(t, { directory })
  assert.equal(restarted.head, b.head)
  assert.equal(restarted.balance(RECIPIENT), 1n)
  assert.deepEqual((await checkDatabase(restarted.database)).problems, [])
})

test('at the next start an invalid branch is found invalid again', async (t) => {
  const directory = temporaryDirectory(t)
  const node = await TestNode.open(t, { directory })
  await node.extend()
  const [first, lie] = await branchWithLie(t, 1, 2)
  await node.take(first!)
  await assert.rejects(node.take(lie!), { code: 'wrong-bloom' })
  const { head } = node
  await node.close()
  const restarted = await TestNode.open(t, { directory })
  assert.equal(restarted.head, head)
  await restarted.extend()
})

test('a failure that says nothing of the blocks leaves a whole head, and the branch can come again', async (t) => {
  const failing = { left: 0 }
  const honest = await TestNode.open(t)
  const executor: BlockExecutor = {
    strategy: 'serial',
    execute: async (block, parent) => {
      if (failing.left-- === 1) throw new Error('a worker died twice')
      return await node.execution.execute(block, parent)
    },
  }
  const node = await TestNode.open(t, { executor })
  const own = await node.extend({ coinbase: COINBASE_A })
  const right = [await honest.extend(), await honest.extend({ transactions: [transfer(0, 0n)] })]
  await node.take(right[0]!)
  failing.left = 2
  await assert.rejects(node.take(right[1]!), { message: 'a worker died twice' })
  assert.equal(node.head, hashOf(own))
  assert.equal((await node.take(right[1]!)).status, 'reorg')
  assert.equal(node.head, honest.head)
  assert.deepEqual((await checkDatabase(node.database)).problems, [])
})

test('the miner’s own block is not executed again, but checked', async (t) => {
  let executions = 0
  const executor: BlockExecutor = {
    strategy: 'serial',
    execute: async (block, parent) => {
      executions++
      return await node.execution.execute(block, parent)
    },
  }
  const node = await TestNode.open(t, { executor })
  const { block, processed } = await node.make({ transactions: [transfer(0, 0n)] })
  await node.chain.importBlock(block, { source: 'miner', processed })
  // What is remembered of it is what is stored.
  const stored = new BlockStore({ reader: node.database })
  assert.deepEqual(node.blocks.receipts(hashOf(block)), stored.receipts(hashOf(block)))
  assert.deepEqual(node.blocks.block(hashOf(block)), stored.block(hashOf(block)))
  assert.equal(executions, 0)
  assert.equal(node.balance(RECIPIENT), 1n)
  const lie = await node.make({ falsify: LIE })
  const context = { source: 'miner', processed: lie.processed } as const
  await assert.rejects(node.chain.importBlock(lie.block, context), { code: 'wrong-bloom' })
})

test('a listener that throws does not stop the others', async (t) => {
  const node = await TestNode.open(t)
  node.chain.on('head', () => {
    throw new Error('listener')
  })
  let heads = 0
  const count = () => heads++
  node.chain.on('head', count)
  await node.extend()
  node.chain.off('head', count)
  await node.extend()
  assert.equal(heads, 1)
  assert.deepEqual(node.warnings, ['a listener to the head failed', 'a listener to the head failed'])
})

test('instant: no seal, final at once', async (t) => {
  const node = await TestNode.open(t, { genesis: testGenesis({ engine: 'instant', periodSeconds: 0 }) })
  for (let nonce = 0n; nonce < 3n; nonce++) await node.extend({ transactions: [transfer(0, nonce)] })
  assert.equal(node.chain.head().header.timestamp, GENESIS_TIMESTAMP + 3n)
  const { safe, finalized } = node.chain.finality()
  assert.deepEqual([safe.number, finalized.number], [3n, 3n])
  const { block } = await node.make()
  const resealed = { ...block, header: { ...block.header, difficulty: 1n } }
  await assert.rejects(node.take(resealed), { code: 'wrong-difficulty' })
})

test('pow: safe and finalized lie behind the head', async (t) => {
  const node = await TestNode.open(t)
  for (let count = 0; count < 8; count++) await node.extend()
  const { safe, finalized } = node.chain.finality()
  assert.deepEqual([safe.number, finalized.number], [2n, 0n])
})

test('with the plan off, blocks are plain Ethereum’s', async (t) => {
  const genesis = testGenesis({ plan: false })
  const a = await TestNode.open(t, { genesis })
  const b = await TestNode.open(t, { genesis })
  const block = await a.extend({ transactions: [transfer(0, 0n)] })
  assert.equal(block.accessList, undefined)
  await b.take(block)
  assert.equal(b.head, a.head)
  const { block: lie } = await a.make({ falsify: (honest) => withHeader(honest, { receiptsRoot: ZERO_HASH }) })
  await assert.rejects(b.take(lie), { code: 'wrong-receipts-root' })
})

test('BLOCKHASH’s ancestors come newest first, at most 256, also after a reorg', async (t) => {
  const node = await TestNode.open(t)
  const other = await TestNode.open(t)
  await node.extend()
  const right = [await other.extend({ coinbase: COINBASE_B }), await other.extend()]
  for (const block of right) await node.take(block)
  const expected = [hashOf(right[1]!), hashOf(right[0]!), right[0]!.header.parentHash]
  assert.deepEqual(node.chain.headContext().recentHashes, expected)
})

test('after close nothing is imported', async (t) => {
  const node = await TestNode.open(t)
  const { block } = await node.make()
  await node.chain.close()
  await assert.rejects(node.take(block), { code: 'closed' })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Hash } from '../primitives/hex.ts'
import { encodeReceipt } from '../primitives/receipt.ts'
import { transactionHash } from '../primitives/transaction.ts'
import { checkDatabase } from './checker.ts'
import {
  account,
  address,
  childOfHead,
  diffOf,
  GENESIS,
  random,
  randomDiff,
  type TestStorage,
  temporaryStorage,
} from './fixtures/test-storage.ts'
import { bucketKey } from './keys.ts'
import { checkRecentBlocks } from './startup-check.ts'
import type { StateDiff } from './state-view.ts'

const [A, B, C] = [address(1), address(2), address(3)]

async function commitRandom(storage: TestStorage, next: () => number, salt = 0): Promise<void> {
  const view = storage.states.headView()
  const diff = randomDiff(next, (of) => view.account(of) !== undefined)
  await storage.committer.commitBlock(childOfHead(storage, diff, { transactionCount: Math.floor(next() * 3), salt }))
}

async function flatContent({ database }: TestStorage): Promise<string[]> {
  const content: string[] = []
  for (const bucket of ['account', 'slot', 'head', 'canonicalHash', 'transactionLocation'] as const) {
    for await (const { key, value } of database.entries(bucketKey(bucket))) {
      content.push(`${Buffer.from(key).toString('hex')} ${Buffer.from(value).toString('hex')}`)
    }
  }
  return content
}

async function assertConsistent(storage: TestStorage, where: string): Promise<void> {
  assert.deepEqual((await checkDatabase(storage.database)).problems, [], where)
}

test('a committed block is found by every index', async (t) => {
  const storage = await temporaryStorage(t)
  const { blocks, committer } = storage
  const diff = diffOf({ [A]: { account: { to: account(1n, 5n) }, slots: new Map([[1n, 2n]]) } })
  const timeline = Uint8Array.of(1, 2, 3)
  const executed = { ...childOfHead(storage, diff, { transactionCount: 3 }), timeline }
  await committer.commitBlock(executed)
  const { block, hash } = executed
  assert.deepEqual(blocks.head(), { hash, number: 1n, stateRoot: block.header.stateRoot })
  assert.deepEqual(blocks.header(hash), block.header)
  assert.deepEqual(blocks.block(hash), block)
  assert.deepEqual(blocks.receipts(hash)?.map(encodeReceipt), executed.encodedReceipts)
  assert.deepEqual(blocks.senders(hash), executed.senders)
  assert.deepEqual(blocks.replay(hash), timeline)
  assert.equal(blocks.totalDifficulty(hash), executed.totalDifficulty)
  assert.equal(blocks.canonicalHash(1n), hash)
  assert.ok(blocks.isExecuted(hash) && blocks.isCanonical(hash))
  for (const [index, transaction] of block.transactions.entries()) {
    const location = blocks.transactionLocation(transactionHash(transaction))
    assert.deepEqual(location, { blockHash: hash, blockNumber: 1n, index })
  }
  await assertConsistent(storage, 'after the commit')
})

test('only a child of the head is committed', async (t) => {
  const storage = await temporaryStorage(t)
  const sibling = childOfHead(storage, diffOf({ [B]: { account: { to: account(0n, 1n) } } }), { salt: 1 })
  await storage.committer.commitBlock(childOfHead(storage, diffOf({})))
  const before = await flatContent(storage)
  await assert.rejects(storage.committer.commitBlock(sibling), { code: 'not-on-head' })
  assert.deepEqual(await flatContent(storage), before)
})

test('a side block is stored without touching the chain', async (t) => {
  const storage = await temporaryStorage(t)
  const { blocks, committer } = storage
  const side = childOfHead(storage, diffOf({}), { salt: 7 })
  await committer.storeSideBlock(side)
  assert.equal(blocks.head().number, 0n)
  assert.deepEqual(blocks.block(side.hash), side.block)
  assert.equal(blocks.totalDifficulty(side.hash), side.totalDifficulty)
  assert.equal(blocks.canonicalHash(1n), undefined)
  assert.ok(!blocks.isExecuted(side.hash) && !blocks.isCanonical(side.hash) && blocks.hasBlock(side.hash))
  assert.equal(blocks.transactionLocation(transactionHash(side.block.transactions[0]!)), undefined)
})

test('the genesis cannot be rolled back', async (t) => {
  const { committer, blocks } = await temporaryStorage(t)
  await assert.rejects(committer.rollbackHead(), { code: 'not-on-head' })
  assert.equal(blocks.head().hash, GENESIS.hash)
})

test('rolling back is the identity, whatever the blocks did; the checker agrees at every step', async (t) => {
  const seed = Date.now() % 1_000_000
  const next = random(seed)
  const storage = await temporaryStorage(t)
  for (let round = 0; round < 6; round++) {
    const contents = [await flatContent(storage)]
    const depth = 1 + Math.floor(next() * 8)
    for (let block = 0; block < depth; block++) {
      await commitRandom(storage, next, round)
      contents.push(await flatContent(storage))
    }
    await assertConsistent(storage, `seed ${seed}, round ${round}`)
    for (let height = depth - 1; height >= 0; height--) {
      const removed = storage.blocks.head()
      const head = await storage.committer.rollbackHead()
      assert.deepEqual(head, storage.blocks.head())
      assert.deepEqual(await flatContent(storage), contents[height], `seed ${seed}, round ${round}, height ${height}`)
      assert.ok(storage.blocks.receipts(removed.hash), 'receipts of a removed block stay')
      assert.equal(storage.blocks.replay(removed.hash), undefined)
    }
    await assertConsistent(storage, `seed ${seed}, round ${round}, rolled back`)
    for (let block = 0; block < 3; block++) await commitRandom(storage, next, round + 100)
  }
})

test('clearing storage and deleting an account take all its slots, and a rollback brings them back', async (t) => {
  const storage = await temporaryStorage(t)
  const { committer, states, blocks } = storage
  const slots = new Map(Array.from({ length: 3000 }, (_, slot) => [BigInt(slot), BigInt(slot + 1)] as const))
  const created = { account: { to: account(1n, 1n) }, slots }
  await committer.commitBlock(childOfHead(storage, diffOf({ [A]: created, [B]: created, [C]: created })))
  const before = await flatContent(storage)
  const root = blocks.head().stateRoot
  await committer.commitBlock(
    childOfHead(
      storage,
      diffOf({ [A]: { account: { to: undefined } }, [B]: { clearsStorage: true, slots: new Map([[5n, 9n]]) } }),
    ),
  )
  const view = states.headView()
  assert.equal(view.account(A), undefined)
  assert.deepEqual([view.hasStorage(A), view.hasStorage(B), view.hasStorage(C)], [false, true, true])
  assert.deepEqual([view.slot(A, 5n), view.slot(B, 5n), view.slot(B, 6n), view.slot(C, 6n)], [0n, 9n, 0n, 7n])
  await assertConsistent(storage, 'after clearing')
  await committer.rollbackHead()
  assert.deepEqual(await flatContent(storage), before)
  assert.equal(blocks.head().stateRoot, root)
  await assertConsistent(storage, 'after the rollback')
})

test('slots of an account that does not exist are a bug, and nothing is written', async (t) => {
  const storage = await temporaryStorage(t)
  const executed = childOfHead(storage, diffOf({}))
  const diff = diffOf({ [A]: { slots: new Map([[1n, 1n]]) } })
  await assert.rejects(storage.committer.commitBlock({ ...executed, diff }), /does not exist/)
  assert.equal(storage.blocks.head().number, 0n)
  await storage.committer.commitBlock(executed)
})

test('the state of the head is changed without a block, and goes back with it', async (t) => {
  const storage = await temporaryStorage(t)
  const { blocks, committer, states, database } = storage
  const change = (diff: StateDiff) => committer.changeHeadState(diff, states.nodes)
  const rich = (balance: bigint) => ({ account: { to: account(0n, balance) } })
  await committer.commitBlock(childOfHead(storage, diffOf({ [A]: rich(1n) })))
  const before = await flatContent(storage)
  const { hash, stateRoot } = blocks.head()
  const undo = await change(diffOf({ [A]: { ...rich(2n), slots: new Map([[1n, 1n]]) }, [B]: rich(3n) }))
  const changed = blocks.head()
  assert.deepEqual([changed.hash, blocks.stateRoot(hash)], [hash, changed.stateRoot])
  assert.equal(blocks.header(hash)?.stateRoot, stateRoot)
  await assertConsistent(storage, 'after the change')
  checkRecentBlocks(database)

  await committer.commitBlock(childOfHead(storage, diffOf({ [B]: rich(4n), [C]: rich(5n) })))
  const snapshot = states.snapshot()
  const view = snapshot.stateAt({ hash, stateRoot })
  assert.deepEqual([view?.account(A)?.balance, view?.slot(A, 1n), view?.account(B)?.balance], [2n, 1n, 3n])
  await snapshot.close()
  await committer.rollbackHead()
  assert.deepEqual(blocks.head(), changed)
  await assertConsistent(storage, 'rolled back to the change')

  await change(undo)
  assert.equal(blocks.head().stateRoot, stateRoot)
  assert.deepEqual(await flatContent(storage), before)
  await change(diffOf({ [A]: { account: { to: undefined } } }))
  await committer.rollbackHead()
  assert.equal(states.headView().account(A), undefined)
  assert.equal(blocks.stateRoot(hash), stateRoot)
  await assertConsistent(storage, 'rolled back to the genesis')
  await change(diffOf({ [A]: rich(9n) }))
  await change(committer.changesOfFirst())
  assert.equal(blocks.head().stateRoot, GENESIS.block.header.stateRoot)
})

test('only the newest timelines are kept', async (t) => {
  const storage = await temporaryStorage(t, { keepTimelines: 2 })
  const hashes: Hash[] = []
  for (let number = 0; number < 4; number++) {
    const executed = { ...childOfHead(storage, diffOf({})), timeline: Uint8Array.of(number) }
    await storage.committer.commitBlock(executed)
    hashes.push(executed.hash)
  }
  const kept = hashes.map((hash) => storage.blocks.replay(hash)?.[0])
  assert.deepEqual(kept, [undefined, undefined, 2, 3])
})

test('commits asked for at once are done one after another', async (t) => {
  const storage = await temporaryStorage(t)
  const first = childOfHead(storage, diffOf({}))
  const side = childOfHead(storage, diffOf({}), { salt: 3 })
  const results = await Promise.allSettled([
    storage.committer.commitBlock(first),
    storage.committer.commitBlock(side),
    storage.committer.rollbackHead(),
    storage.committer.commitBlock(side),
  ])
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
  )
  assert.equal(storage.blocks.head().hash, side.hash)
  await assertConsistent(storage, 'at the end')
})

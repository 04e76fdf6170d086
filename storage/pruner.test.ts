import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkDatabase } from './checker.ts'
import {
  address,
  childOfHead,
  random,
  randomDiff,
  type TestStorage,
  temporaryStorage,
} from './fixtures/test-storage.ts'
import { bucketKey } from './keys.ts'
import { Mutex } from './mutex.ts'
import { type PruneReport, Pruner } from './pruner.ts'
import type { Scanner } from './reader.ts'
import { storedNodes, trieView } from './state-store.ts'

async function commitBlocks(storage: TestStorage, count: number, next: () => number): Promise<void> {
  for (let block = 0; block < count; block++) {
    const diff = randomDiff(next, (of) => storage.states.headView().account(of) !== undefined)
    await storage.committer.commitBlock(childOfHead(storage, diff))
  }
}

async function count(database: Scanner, bucket: 'trieNode' | 'reverseDiff'): Promise<number> {
  let entries = 0
  for await (const _ of database.entries(bucketKey(bucket))) entries++
  return entries
}

function prune(storage: TestStorage, keepStates: number): Promise<PruneReport> {
  return new Pruner({ keepStates }, { database: storage.database, writing: new Mutex() }).run()
}

test('pruning keeps the newest states whole and deletes what only older ones use', async (t) => {
  const seed = Date.now() % 1_000_000
  const storage = await temporaryStorage(t)
  const { database, blocks, states, committer } = storage
  await commitBlocks(storage, 30, random(seed))
  const before = await count(database, 'trieNode')
  const report = await prune(storage, 5)
  assert.equal(report.oldestState, 26n)
  assert.equal(await count(database, 'trieNode'), report.keptNodes, `seed ${seed}`)
  assert.equal(before - report.keptNodes, report.deletedNodes)
  assert.ok(report.deletedNodes > 50, `seed ${seed}: ${report.deletedNodes} of ${before} deleted`)
  assert.deepEqual((await checkDatabase(database)).problems, [])
  const snapshot = states.snapshot()
  for (let number = 0n; number <= 30n; number++) {
    const hash = blocks.canonicalHash(number)!
    const view = snapshot.stateAt({ hash, stateRoot: blocks.header(hash)!.stateRoot })
    // An old state may live on as that of a newer block that changed nothing.
    if (number >= 26n) assert.ok(view, `the state of block ${number}`)
    else if (number < 20n) assert.equal(view, undefined, `the state of block ${number}`)
  }
  await snapshot.close()
  for (let number = 30n; number > 26n; number--) {
    await committer.rollbackHead()
    const root = blocks.head().stateRoot
    const fresh = trieView(database, root, storedNodes(database, 1 << 20))
    for (let index = 0; index < 20; index++) {
      const flat = states.headView().account(address(index))
      assert.equal(fresh.account(address(index))?.balance, flat?.balance)
    }
  }
  assert.deepEqual((await checkDatabase(database)).problems, [])
  await assert.rejects(committer.rollbackHead(), { code: 'missing-state' })
  assert.equal(await count(database, 'reverseDiff'), 0)
})

test('a chain shorter than what is kept loses nothing that its states use', async (t) => {
  const storage = await temporaryStorage(t)
  await commitBlocks(storage, 3, random(5))
  const before = await count(storage.database, 'trieNode')
  const report = await prune(storage, 10)
  assert.deepEqual([report.oldestState, report.deletedNodes], [0n, 0])
  assert.equal(await count(storage.database, 'trieNode'), before)
  while (storage.blocks.head().number > 0n) await storage.committer.rollbackHead()
})

test('blocks committed and rolled back while a prune runs keep their states', async (t) => {
  const seed = Date.now() % 1_000_000
  const next = random(seed)
  const reports: unknown[] = []
  const storage = await temporaryStorage(t, { keepStates: 4, onPruned: (result) => reports.push(result) })
  for (let round = 0; round < 25; round++) {
    await commitBlocks(storage, 3, next)
    await storage.committer.rollbackHead()
    // The checker reads a snapshot of whatever the prune has left.
    assert.deepEqual((await checkDatabase(storage.database)).problems, [], `seed ${seed}, round ${round}`)
  }
  assert.ok(reports.length > 3, `${reports.length} prunes`)
  for (const report of reports) assert.ok(!(report instanceof Error), String(report))
  assert.ok(reports.some((report) => (report as PruneReport).deletedNodes > 0))
})

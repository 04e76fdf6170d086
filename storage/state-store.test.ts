import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { keccak256Hex } from '../primitives/keccak.ts'
import { Batch } from './batch.ts'
import { account, address, childOfHead, diffOf, random, randomDiff, temporaryStorage } from './fixtures/test-storage.ts'
import { requireHead } from './head.ts'
import { accountKey } from './keys.ts'
import { trieView } from './state-store.ts'
import type { StateView } from './state-view.ts'

/** Everything that the random diffs can touch. */
function content(view: StateView): unknown[] {
  return Array.from({ length: 20 }, (_, index) => {
    const of = address(index)
    const found = view.account(of)
    const slots = Array.from({ length: 10 }, (_, slot) => view.slot(of, BigInt(slot)))
    const fields = found && [found.nonce, found.balance, view.code(found.codeHash)]
    return [fields, slots, view.hasStorage(of)]
  })
}

test('flat view and trie view agree after every block, and old states stay reachable', async (t) => {
  const seed = Date.now() % 1_000_000
  const next = random(seed)
  const storage = await temporaryStorage(t)
  const { blocks, states, committer, database } = storage
  const history: { stateRoot: `0x${string}`; hash: `0x${string}`; content: unknown[] }[] = []
  for (let block = 0; block < 25; block++) {
    const diff = randomDiff(next, (of) => states.headView().account(of) !== undefined)
    await committer.commitBlock(childOfHead(storage, diff))
    const head = blocks.head()
    history.push({ ...head, content: content(states.headView()) })
    const viaTrie = content(trieView(database, head.stateRoot, states.nodes))
    assert.deepEqual(viaTrie, history.at(-1)!.content, `seed ${seed}, block ${block}`)
  }
  const snapshot = states.snapshot()
  for (const state of history) assert.deepEqual(content(snapshot.stateAt(state)!), state.content, `seed ${seed}`)
  await snapshot.close()
})

test('a state that is not kept is undefined, and a view of it says missing-state', async (t) => {
  const { states, database, blocks } = await temporaryStorage(t)
  const unknown = keccak256Hex(Uint8Array.of(1))
  const snapshot = states.snapshot()
  assert.equal(snapshot.stateAt({ hash: unknown, stateRoot: unknown }), undefined)
  await snapshot.close()
  const view = trieView(database, unknown, states.nodes)
  assert.throws(() => view.account(address(1)), { name: 'StorageError', code: 'missing-state' })
  assert.throws(() => states.headView().code(unknown), { code: 'corrupt' })
  assert.deepEqual(requireHead(database), blocks.head())
})

test('a snapshot stays at its block while others are committed and rolled back', async (t) => {
  const storage = await temporaryStorage(t)
  const { states, committer, blocks } = storage
  const setTo = (balance: bigint, value: bigint): Promise<void> =>
    committer.commitBlock(
      childOfHead(
        storage,
        diffOf({ [address(1)]: { account: { to: account(0n, balance) }, slots: new Map([[1n, value]]) } }),
      ),
    )
  await setTo(1n, 10n)
  const before = states.snapshot()
  await setTo(2n, 20n)
  const after = states.snapshot()
  await committer.rollbackHead()
  for (const [snapshot, expected] of [
    [before, 1n],
    [after, 2n],
  ] as const) {
    const view = snapshot.stateAt(snapshot.head)!
    assert.deepEqual([snapshot.head.number, view.account(address(1))?.balance], [expected, expected])
    assert.equal(view.slot(address(1), 1n), expected * 10n)
  }
  // The block that was rolled back is not the head any more, but its state is kept.
  const latest = states.snapshot()
  assert.equal(latest.stateAt(after.head)?.slot(address(1), 1n), 20n)
  assert.equal(latest.head.hash, blocks.head().hash)
  for (const snapshot of [before, after, latest]) await snapshot.close()
})

test('the current state is that of the head, and of no block while it changes', async (t) => {
  const storage = await temporaryStorage(t)
  const { states, committer, blocks, database } = storage
  const before = blocks.head()
  const change = { account: { to: account(0n, 5n) } }
  assert.equal(states.current(before.hash)?.account(address(1)), undefined)
  const commit = committer.commitBlock(childOfHead(storage, diffOf({ [address(1)]: change })))
  while (blocks.head().hash === before.hash) {
    // Either nothing has been written, or nobody can tell.
    if (states.current(before.hash) !== undefined) assert.equal(states.headView().account(address(1)), undefined)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await commit
  assert.equal(states.current(before.hash), undefined)
  assert.equal(states.current(blocks.head().hash)?.account(address(1))?.balance, 5n)
  const batch = new Batch()
  batch.delete(accountKey(address(2)))
  const { hash } = blocks.head()
  await database.write(batch, { onBegin: () => assert.equal(states.current(hash), undefined) })
  assert.equal(states.current(blocks.head().hash)?.account(address(1))?.balance, 5n)
})

for (const { isShared, writeBehindMs } of [
  { isShared: false, writeBehindMs: 0 },
  { isShared: true, writeBehindMs: 0 },
  { isShared: true, writeBehindMs: 3 },
]) {
  const how = `${isShared ? 'with' : 'without'} the shared cache, written ${writeBehindMs} ms later`
  test(`snapshots of a worker thread are of whole blocks while the main thread commits, ${how}`, async (t) => {
    const storage = await temporaryStorage(t, { writeBehindMs })
    const { directory, database } = storage
    const workerData = { directory, stateCache: isShared ? database.stateCache!.memory : undefined }
    const worker = new Worker(new URL('./fixtures/reading-worker.ts', import.meta.url), { workerData })
    assert.deepEqual(await once(worker, 'message'), ['ready'])
    for (let number = 1n; number <= 150n; number++) {
      const change = { account: { to: account(0n, number) } }
      await storage.committer.commitBlock(childOfHead(storage, diffOf({ [address(1)]: change, [address(2)]: change })))
      assert.equal(storage.states.headView().account(address(1))?.balance, number)
    }
    const result = once(worker, 'message')
    // Both may come in one turn.
    const ended = once(worker, 'exit')
    worker.postMessage('done')
    const [{ snapshots, newest, torn }] = (await result) as [{ snapshots: number; newest: bigint; torn: string[] }]
    await ended
    assert.deepEqual(torn, [])
    assert.ok(snapshots > 10, `only ${snapshots} snapshots`)
    assert.ok(newest > 0n, 'the worker saw no block')
  })
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytesToHex, type Hash } from '../../primitives/hex.ts'
import { EMPTY_TRIE_ROOT, KECCAK_EMPTY } from '../../primitives/keccak.ts'
import { seedFromEnvironment } from '../../test/support/random.ts'
import { account, address, diffOf, random, randomDiff } from '../fixtures/test-storage.ts'
import type { AccountDiff, StateDiff } from '../state-view.ts'
import type { NewNode } from './node.ts'
import { MemoryNodes } from './node-reader.ts'
import { ParallelStateUpdate, type ParallelStateUpdateModules } from './parallel-update.ts'
import { type StateUpdate, updateState } from './state-trie.ts'
import { updateSubtries } from './subtrie.ts'

/** Workers that have what was handed to them and the same stored nodes, and nothing else. */
function workers(nodes: MemoryNodes): ParallelStateUpdateModules['run'] {
  return async (_, task) => structuredClone(updateSubtries(structuredClone(task), nodes))
}

function namesOf(nodes: readonly NewNode[]): string[] {
  return nodes.map(({ hash, rlp }) => `${bytesToHex(hash)} ${bytesToHex(rlp)}`).toSorted()
}

function assertSame(parallel: StateUpdate, inline: StateUpdate, where: string): void {
  assert.equal(parallel.stateRoot, inline.stateRoot, where)
  assert.deepEqual(namesOf(parallel.nodes), namesOf(inline.nodes), where)
}

/** Diffs that leave tries large, small and empty again. */
function nextDiff(next: () => number, known: Set<number>, round: number): StateDiff {
  if (round % 3 === 0) return randomDiff(next, () => false)
  const accounts: Record<string, AccountDiff> = {}
  const isShrinking = round % 3 === 2
  const before = new Set(known)
  for (const index of isShrinking ? [...known] : Array.from({ length: 60 }, () => 100 + Math.floor(next() * 200))) {
    if (isShrinking && next() < 0.85) {
      accounts[address(index)] = { account: { to: undefined } }
      known.delete(index)
      continue
    }
    const slotCount = next() < 0.1 ? 80 : Math.floor(next() * 4)
    const slots = new Map<bigint, bigint>()
    for (let count = 0; count < slotCount; count++) {
      slots.set(BigInt(Math.floor(next() * 100)), next() < (isShrinking ? 0.9 : 0.3) ? 0n : BigInt(1 + count))
    }
    accounts[address(index)] = {
      ...(before.has(index) && next() < 0.5 ? {} : { account: { to: account(BigInt(round), BigInt(index)) } }),
      ...(next() < 0.1 && { clearsStorage: true }),
      slots,
    }
    known.add(index)
  }
  return diffOf(accounts)
}

test('any number of workers gives the root and the nodes of one thread', async () => {
  const seed = seedFromEnvironment()
  const next = random(seed)
  for (const count of [0, 1, 2, 3, 16, 20]) {
    const nodes = new MemoryNodes()
    const known = new Set<number>()
    const options = { workers: count, minChanges: 1, minSlots: 1 + Math.floor(next() * 40) }
    const parallel = new ParallelStateUpdate(options, { nodes, run: workers(nodes) })
    let root: Hash = EMPTY_TRIE_ROOT
    for (let round = 0; round < 25; round++) {
      const diff = nextDiff(next, known, round)
      const inline = updateState(root, diff, nodes)
      assertSame(await parallel.update(root, diff), inline, `seed ${seed}, ${count} workers, round ${round}`)
      nodes.add(inline.nodes)
      root = inline.stateRoot
    }
  }
})

function someAccounts(count: number, balance: bigint): StateDiff {
  const accounts = Array.from({ length: count }, (_, index): [string, AccountDiff] => {
    const slots = new Map(Array.from({ length: index === 5 ? 200 : 1 }, (_, slot) => [BigInt(slot), balance + 1n]))
    return [address(index), { account: { to: { nonce: 1n, balance, codeHash: KECCAK_EMPTY } }, slots }]
  })
  return diffOf(Object.fromEntries(accounts))
}

test('a small change stays on the thread, a large one is spread evenly', async () => {
  const nodes = new MemoryNodes()
  const first = updateState(EMPTY_TRIE_ROOT, someAccounts(300, 1n), nodes)
  nodes.add(first.nodes)
  const sizes: number[] = []
  const run = workers(nodes)
  const parallel = new ParallelStateUpdate(
    { workers: 2 },
    {
      nodes,
      run(worker, task) {
        sizes[worker] = task.length
        return run(worker, task)
      },
    },
  )
  await parallel.update(first.stateRoot, someAccounts(4, 2n))
  assert.deepEqual(sizes, [])
  const diff = someAccounts(300, 3n)
  assertSame(await parallel.update(first.stateRoot, diff), updateState(first.stateRoot, diff, nodes), 'spread')
  assert.ok(Math.max(...sizes) < 1.5 * Math.min(...sizes), `sizes ${sizes}`)
})

test('what is left of a trie closes up, whichever child it is in', async () => {
  const nodes = new MemoryNodes()
  const slots = new Map(Array.from({ length: 40 }, (_, slot) => [BigInt(slot), 7n] as const))
  const contract: AccountDiff = { account: { to: account(1n, 0n) }, slots }
  const others = Array.from(
    { length: 40 },
    (_, index) => [address(index), { account: { to: account(0n, 1n) } }] as const,
  )
  const first = updateState(EMPTY_TRIE_ROOT, diffOf({ ...Object.fromEntries(others), [address(99)]: contract }), nodes)
  nodes.add(first.nodes)
  const parallel = new ParallelStateUpdate({ workers: 2, minChanges: 1, minSlots: 1 }, { nodes, run: workers(nodes) })
  const deleted = Object.fromEntries(others.map(([of]) => [of, { account: { to: undefined } }]))
  for (let kept = -1; kept < 40; kept++) {
    for (const isChanged of [false, true]) {
      // The one that is kept is not told of, or is changed as well.
      const left = new Map([...slots.keys()].filter((slot) => slot !== BigInt(kept)).map((slot) => [slot, 0n]))
      const accounts: Record<string, AccountDiff> = { ...deleted, [address(99)]: { slots: left } }
      if (isChanged && kept >= 0) {
        left.set(BigInt(kept), 8n)
        accounts[address(kept)] = { account: { to: account(5n, 5n) } }
      } else {
        delete accounts[address(kept)]
      }
      for (const diff of [diffOf(accounts), diffOf({ ...accounts, [address(99)]: { account: { to: undefined } } })]) {
        const update = await parallel.update(first.stateRoot, diff)
        assertSame(update, updateState(first.stateRoot, diff, nodes), `kept ${kept}, ${isChanged ? '' : 'not '}changed`)
      }
    }
  }
})

test('what a worker does not do is done here', async () => {
  const nodes = new MemoryNodes()
  const first = updateState(EMPTY_TRIE_ROOT, someAccounts(300, 1n), nodes)
  nodes.add(first.nodes)
  const run = workers(nodes)
  const diff = someAccounts(300, 2n)
  const isLost = (worker: number) => worker === 1
  const parallel = new ParallelStateUpdate(
    { workers: 2 },
    { nodes, run: async (worker, task) => (isLost(worker) ? Promise.reject(new Error('gone')) : run(worker, task)) },
  )
  assertSame(await parallel.update(first.stateRoot, diff), updateState(first.stateRoot, diff, nodes), 'one lost')
})

test('a state that is not kept is reported, not computed', async () => {
  const nodes = new MemoryNodes()
  const full = updateState(EMPTY_TRIE_ROOT, someAccounts(300, 1n), nodes)
  nodes.add(full.nodes.slice(-1))
  const parallel = new ParallelStateUpdate({ workers: 2 }, { nodes, run: workers(nodes) })
  await assert.rejects(parallel.update(full.stateRoot, someAccounts(300, 2n)), { code: 'missing-state' })
})

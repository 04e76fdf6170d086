import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seedFromEnvironment } from '../test/support/random.ts'
import { checkDatabase } from './checker.ts'
import { composeDiffs } from './compose-diffs.ts'
import { account, address, diffOf, random, randomDiff, temporaryStorage } from './fixtures/test-storage.ts'
import type { AccountDiff } from './state-view.ts'

const A = address(1)

function composed(first: AccountDiff, second: AccountDiff): AccountDiff | undefined {
  return composeDiffs(diffOf({ [A]: first }), diffOf({ [A]: second })).accounts.get(A)
}

test('what comes later counts, and what it does not say stays', () => {
  const rich = { account: { to: account(1n, 5n) }, slots: new Map([[1n, 1n]]) }
  assert.deepEqual(composed(rich, { account: { to: account(2n, 0n) }, slots: new Map([[2n, 2n]]) }), {
    account: { to: account(2n, 0n) },
    clearsStorage: undefined,
    slots: new Map([
      [1n, 1n],
      [2n, 2n],
    ]),
  })
  assert.deepEqual(composed(rich, {}), { ...rich, clearsStorage: undefined })
})

test('an account that is deleted between comes back without its slots', () => {
  const back = { account: { to: account(1n, 1n) }, slots: new Map([[3n, 3n]]) }
  assert.deepEqual(composed({ account: { to: undefined }, slots: new Map([[1n, 0n]]) }, back), {
    ...back,
    clearsStorage: true,
  })
  assert.deepEqual(composed(back, { account: { to: undefined } }), { account: { to: undefined } })
  const cleared = { clearsStorage: true, slots: new Map([[4n, 4n]]) }
  assert.deepEqual(composed(back, cleared), { ...cleared, account: back.account })
})

test('does what the two do one after the other, and so does what undoes it', async (t) => {
  const seed = seedFromEnvironment()
  t.diagnostic(`TEST_SEED=${seed}`)
  const next = random(seed)
  const [twice, once] = [await temporaryStorage(t), await temporaryStorage(t)]
  for (let round = 0; round < 40; round++) {
    const rootBefore = twice.blocks.head().stateRoot
    const apply = ({ committer, states }: typeof once, diff: ReturnType<typeof diffOf>) =>
      committer.changeHeadState(diff, states.nodes)
    const first = randomDiff(next, (of) => twice.states.headView().account(of) !== undefined)
    const undoFirst = await apply(twice, first)
    const second = randomDiff(next, (of) => twice.states.headView().account(of) !== undefined)
    const undoSecond = await apply(twice, second)
    await apply(once, composeDiffs(first, second))
    assert.equal(once.blocks.head().stateRoot, twice.blocks.head().stateRoot, `seed ${seed}, round ${round}`)
    if (next() < 0.5) continue
    for (const storage of [once, twice]) await apply(storage, composeDiffs(undoSecond, undoFirst))
    assert.equal(once.blocks.head().stateRoot, rootBefore, `seed ${seed}, round ${round}`)
    assert.equal(twice.blocks.head().stateRoot, rootBefore, `seed ${seed}, round ${round}`)
  }
  for (const { database } of [once, twice]) assert.deepEqual((await checkDatabase(database)).problems, [])
})

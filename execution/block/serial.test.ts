import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { encodeBlockAccessList } from '../../primitives/block-access-list.ts'
import type { Address } from '../../primitives/hex.ts'
import { encodePlan } from '../../primitives/plan.ts'
import { Random, seedFromEnvironment } from '../../test/support/random.ts'
import { MemoryView } from '../state/memory-view.ts'
import { WorldState } from '../state/world-state.ts'
import { applyTransaction } from '../transaction/apply.ts'
import { runAfterBlock, runBeforeBlock } from '../transaction/system-calls.ts'
import { checkClaims } from './claims.ts'
import type { ExecutedBlock } from './executor.ts'
import { assembleFixture, blockOf, fixtureState, randomBlock } from './fixtures/random-block.ts'
import { IndexedAccessList } from './indexed-list.ts'
import { ListView } from './list-view.ts'
import type { BlockOutcome, TransactionOutcome } from './outcome.ts'
import { executeSerially, type SerialOptions } from './serial.ts'

const ROUNDS = 60

/** Everything that consensus sees. */
function consensusOf({ accessList, plan, diff, timeline, outcomes, ...rest }: ExecutedBlock) {
  return {
    ...rest,
    diff,
    outcomes,
    accessList: accessList && Buffer.from(encodeBlockAccessList(accessList)).toString('hex'),
    plan: plan && Buffer.from(encodePlan(plan)).toString('hex'),
  }
}

function after(parent: MemoryView, diff: ExecutedBlock['diff']) {
  const view = fixtureState()
  view.apply(diff)
  const addresses = [...new Set([...parent.addresses(), ...view.addresses()])].sort()
  return addresses.map((address) => [address, view.account(address), view.storage(address)])
}

/** Each transaction by itself, and the system operations, on the values that the list claims were there before it. */
function replayByValues(options: SerialOptions, executed: ExecutedBlock, parent: MemoryView): BlockOutcome {
  const { environment, transactions, senders } = options
  const list = new IndexedAccessList(executed.accessList!, { parent })
  const stateBefore = (index: number) =>
    new WorldState({ rules: environment.rules, record: true }, { view: new ListView(index, { list: list }) })
  return {
    before: runBeforeBlock(environment, options.parentHash, stateBefore(0)),
    transactions: transactions.map((each, index) =>
      applyTransaction(each, senders[index]!, environment, stateBefore(index + 1)),
    ),
    after: runAfterBlock(environment, options.withdrawals, options.ommers, stateBefore(transactions.length + 1)),
  }
}

/** Each group on an overlay of its own, which sees nothing of the other groups. */
function replayByGroups(options: SerialOptions, executed: ExecutedBlock, parent: MemoryView): BlockOutcome {
  const { environment, transactions, senders } = options
  const list = new IndexedAccessList(executed.accessList!, { parent })
  const outcomes: TransactionOutcome[] = []
  const groups = new Map<number, WorldState>()
  for (const [index, { group }] of executed.plan!.transactions.entries()) {
    const state =
      groups.get(group) ??
      new WorldState({ rules: environment.rules, record: true }, { view: new ListView(1, { list: list }) })
    groups.set(group, state)
    outcomes.push(applyTransaction(transactions[index]!, senders[index]!, environment, state))
  }
  const { before, after } = replayByValues({ ...options, transactions: [], senders: [] }, executed, parent)
  const last = new WorldState(
    { rules: environment.rules, record: true },
    { view: new ListView(transactions.length + 1, { list: list }) },
  )
  return {
    before,
    transactions: outcomes,
    after: transactions.length === 0 ? after : runAfterBlock(environment, options.withdrawals, options.ommers, last),
  }
}

describe('a block executed serially', () => {
  test('comes out the same by values and by groups', () => {
    const seed = seedFromEnvironment()
    const random = new Random(seed)
    let failures = 0
    let groups = 0
    let count = 0
    for (let round = 0; round < ROUNDS; round++) {
      const parent = fixtureState()
      const options = randomBlock(random, random.below(40), random.pick([0, 0.1, 0.5, 1]))
      const outcome = executeSerially(options, { view: parent })
      const executed = assembleFixture(options, outcome, parent)
      const where = `seed ${seed}, round ${round}`
      for (const replay of [replayByValues, replayByGroups]) {
        const replayed = replay(options, executed, parent)
        assert.deepEqual(replayed, outcome, `${where}, ${replay.name}`)
        assert.deepEqual(consensusOf(assembleFixture(options, replayed, parent)), consensusOf(executed), where)
      }
      checkClaims(blockOf(options, executed), executed)
      failures += outcome.transactions.filter(({ succeeded }) => !succeeded).length
      groups += new Set(executed.plan?.transactions.map(({ group }) => group)).size
      count += options.transactions.length
    }
    // The generator is worth something only if it makes both.
    assert.ok(failures > count / 50 && failures < count / 2, `seed ${seed}: ${failures} of ${count} failed`)
    assert.ok(groups > count / 10 && groups < count * 0.9, `seed ${seed}: ${groups} groups of ${count}`)
  })

  test('changes the state as its world state says', () => {
    const seed = seedFromEnvironment()
    const random = new Random(seed)
    for (let round = 0; round < ROUNDS; round++) {
      const parent = fixtureState()
      const options = randomBlock(random, random.below(30), 0.5)
      const executed = assembleFixture(options, executeSerially(options, { view: parent }), parent)
      const { environment, senders } = options
      const state = new WorldState({ rules: environment.rules, record: false }, { view: parent })
      runBeforeBlock(environment, options.parentHash, state)
      for (const [index, each] of options.transactions.entries()) {
        applyTransaction(each, senders[index]!, environment, state)
      }
      runAfterBlock(environment, options.withdrawals, options.ommers, state)
      assert.deepEqual(after(parent, state.diff()), after(parent, executed.diff), `seed ${seed}, round ${round}`)
    }
  })

  test('gives the same list as looking at the state after every step', () => {
    const seed = seedFromEnvironment()
    const random = new Random(seed)
    for (let round = 0; round < ROUNDS; round++) {
      const parent = fixtureState()
      const options = randomBlock(random, 1 + random.below(15), 0.5)
      const executed = assembleFixture(options, executeSerially(options, { view: parent }), parent)
      const list = new IndexedAccessList(executed.accessList!, { parent })
      const { environment, senders } = options
      const state = new WorldState({ rules: environment.rules, record: false }, { view: parent })
      runBeforeBlock(environment, options.parentHash, state)
      for (const [index, each] of options.transactions.entries()) {
        applyTransaction(each, senders[index]!, environment, state)
        const view = fixtureState()
        view.apply(state.diff())
        const claimed = new ListView(index + 2, { list: list })
        for (const { address, storageChanges, storageReads } of executed.accessList!) {
          const where = `seed ${seed}, round ${round}, transaction ${index}, ${address}`
          assert.deepEqual(claimed.account(address), view.account(address), where)
          for (const slot of [...storageChanges.map((change) => change.slot), ...storageReads]) {
            assert.equal(claimed.slot(address, slot), view.slot(address, slot), where)
          }
        }
      }
    }
  })
})

describe('a block with something impossible in it', () => {
  const block = (change: (options: SerialOptions) => Partial<SerialOptions>) => {
    const options = randomBlock(new Random(1), 3, 0)
    return () => executeSerially({ ...options, ...change(options) }, { view: fixtureState() })
  }

  test('names the transaction and why', () => {
    const details = { transaction: 1, reason: 'nonce-too-high' }
    assert.throws(
      block(({ transactions }) => ({
        transactions: transactions.map((each, index) => (index === 1 ? { ...each, nonce: 9n } : each)),
      })),
      (error: { code: string; details: object }) => {
        assert.equal(error.code, 'invalid-transaction')
        assert.deepEqual({ ...error.details, ...details }, error.details)
        return true
      },
    )
  })

  test('has no more gas than its limit', () => {
    const details = { transaction: 1, reason: 'gas-limit-exceeds-block' }
    assert.throws(
      block(({ environment, transactions }) => ({
        environment: { ...environment, gasLimit: 100_010n },
        transactions: transactions.map((each) => ({ ...each, gasLimit: 100_000n })),
      })),
      (error: { code: string; details: object }) => {
        assert.deepEqual({ ...error.details, ...details }, error.details)
        return error.code === 'invalid-transaction'
      },
    )
  })

  test('needs the contracts of its requests', () => {
    const bare = new MemoryView(
      [...fixtureState().addresses()].slice(0, 24).map((address: Address) => [address, { balance: 10n ** 18n }]),
    )
    const options = randomBlock(new Random(1), 0, 0)
    assert.throws(() => executeSerially(options, { view: bare }), { code: 'system-call-failed' })
  })
})

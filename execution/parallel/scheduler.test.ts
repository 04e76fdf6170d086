import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Plan } from '../../primitives/plan.ts'
import type { ReplayStrategy } from '../block/executor.ts'
import {
  bundleRuns,
  cutIntoRuns,
  estimateWork,
  type Run,
  SEVERAL_GROUPS,
  schedule,
  usefulWorkers,
} from './scheduler.ts'

const STRATEGIES: readonly ReplayStrategy[] = ['groups', 'split', 'values']

function planOf(rows: readonly (readonly [group: number, gas: number])[]): Plan {
  return { transactions: rows.map(([group, gas]) => ({ gasUsed: BigInt(gas), reads: [], group })) }
}

/** Random groups, some long and some short, of transactions from 21,000 to about 5 million gas. */
function randomPlan(random: () => number): Plan {
  const conflicts = random()
  let groups = 0
  return planOf(
    Array.from({ length: Math.floor(random() * 400) }, () => {
      const group = groups > 0 && random() < conflicts ? Math.floor(random() ** 3 * groups) : groups++
      return [group, 21_000 + Math.floor(random() ** 8 * 5_000_000)] as const
    }),
  )
}

/** A small seeded generator (mulberry32). */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Time at which the last of some workers ends that take the next bundle whenever they are idle. */
function makespan(bundles: readonly (readonly Run[])[], workers: number): number {
  const ends = Array.from({ length: workers }, () => 0)
  for (const bundle of bundles) {
    const earliest = ends.indexOf(Math.min(...ends))
    ends[earliest]! += bundle.reduce((gas, run) => gas + run.gas, 0)
  }
  return Math.max(...ends)
}

test('every strategy schedules each transaction once, in order inside its run, and only whole groups share a run', (context) => {
  const seed = Number(process.env.PAVM_SEED ?? Math.floor(Math.random() * 2 ** 31))
  context.diagnostic(`seed ${seed}`)
  const random = generator(seed)
  for (let round = 0; round < 200; round++) {
    const plan = randomPlan(random)
    for (const strategy of STRATEGIES) {
      for (const workers of [1, 2, 3, 8]) {
        const runs = schedule(plan, strategy, workers).flat()
        const what = `round ${round}, ${strategy}, ${workers} workers`
        assert.deepEqual(
          runs.flatMap((run) => run.transactions).sort((a, b) => a - b),
          [...plan.transactions.keys()],
          what,
        )
        for (const run of runs) {
          assert.deepEqual(
            run.transactions,
            run.transactions.toSorted((a, b) => a - b),
            what,
          )
          if (run.step !== 'transactions') continue
          const groups = new Set(run.transactions.map((index) => plan.transactions[index]!.group))
          if (run.group !== SEVERAL_GROUPS) {
            assert.deepEqual([...groups], [run.group], what)
            continue
          }
          const members = [...plan.transactions.keys()].filter((index) => groups.has(plan.transactions[index]!.group))
          assert.deepEqual(run.transactions, members, what)
          assert.notEqual(strategy, 'values', what)
        }
        assert.deepEqual(runs.filter((run) => run.step === 'before').length, 1, what)
        assert.deepEqual(runs.filter((run) => run.step === 'after').length, 1, what)
      }
    }
  }
})

test('groups are never cut, values are always cut', () => {
  const plan = planOf([
    [0, 50_000],
    [1, 21_000],
    [0, 50_000],
    [0, 50_000],
    [2, 21_000],
  ])
  const transactions = (strategy: ReplayStrategy) => cutIntoRuns(plan, strategy, 8).map((run) => run.transactions)
  assert.deepEqual(transactions('groups'), [[0, 2, 3], [1], [4]])
  assert.deepEqual(transactions('values'), [[0], [2], [3], [1], [4]])
})

test('split cuts a long group into consecutive pieces, large ones first, and leaves short groups whole', () => {
  const chain = Array.from({ length: 96 }, () => [0, 30_000] as const)
  const pair = [
    [1, 21_000],
    [1, 21_000],
  ] as const
  const runs = cutIntoRuns(planOf([...chain, ...pair]), 'split', 2)
  assert.deepEqual(runs.at(-1)?.transactions, [96, 97])
  const pieces = runs.slice(0, -1).map((run) => run.transactions)
  assert.deepEqual(pieces.flat(), [...Array(96).keys()])
  assert.ok(pieces.length >= 4, `${pieces.length} pieces`)
  const lengths = pieces.map((piece) => piece.length)
  assert.deepEqual(
    lengths,
    lengths.toSorted((a, b) => b - a),
  )
  assert.ok(lengths[0]! <= 17 && lengths.at(-1)! <= 3, `${lengths}`)
})

test('a single worker takes everything in one run, unless each transaction is to stand alone', () => {
  const plan = planOf(Array.from({ length: 50 }, (_, index) => [index >> 1, 30_000] as const))
  for (const strategy of ['groups', 'split'] as const) {
    const all = {
      step: 'transactions',
      group: SEVERAL_GROUPS,
      transactions: [...Array(50).keys()],
      gas: 1_500_000,
      isWhole: true,
    }
    assert.deepEqual(cutIntoRuns(plan, strategy, 1), [all])
    assert.deepEqual(cutIntoRuns(planOf([]), strategy, 1), [])
  }
  assert.equal(cutIntoRuns(plan, 'values', 1).length, 50)
})

test('small blocks are for one worker, large and dear ones for all', () => {
  const transfers = (count: number) => planOf(Array.from({ length: count }, (_, index) => [index, 21_000] as const))
  const useful = (plan: Plan, unknownSenders: number, workers: number) =>
    usefulWorkers(estimateWork(plan, unknownSenders), workers)
  assert.equal(useful(transfers(0), 0, 8), 1)
  assert.equal(useful(transfers(5), 5, 8), 1)
  assert.equal(useful(transfers(300), 300, 2), 2)
  assert.equal(useful(transfers(300), 300, 1), 1)
  // Fewer when the senders are known: most of the work is done.
  assert.ok(useful(transfers(60), 0, 8) < useful(transfers(60), 60, 8))
  assert.equal(useful(planOf([[0, 30_000_000]]), 1, 8), 8)
  assert.equal(useful(planOf([[0, 2 ** 64]]), 1, 8), 8)
  assert.equal(usefulWorkers(1, 8, 0), 8)
})

test('split balances a chain of conflicting transactions over the workers', () => {
  const chain = planOf(Array.from({ length: 300 }, () => [0, 50_000] as const))
  for (const workers of [2, 4, 8]) {
    const fair = (300 * 50_000) / workers
    assert.ok(makespan(schedule(chain, 'split', workers), workers) < fair * 1.05, `${workers} workers`)
    assert.equal(makespan([...cutIntoRuns(chain, 'groups', workers).map((run) => [run])], workers), 300 * 50_000)
  }
})

test('bundles come longest first and small runs share one', () => {
  const runs: Run[] = [
    { step: 'transactions', group: 0, transactions: [0], gas: 1_000_000, isWhole: true },
    ...Array.from({ length: 300 }, (_, index): Run => {
      return { step: 'transactions', group: index + 1, transactions: [index + 1], gas: 21_000, isWhole: true }
    }),
  ]
  const bundles = bundleRuns(runs, 2)
  assert.deepEqual(bundles[0]?.[0], runs[0])
  assert.ok(bundles.length > 8 && bundles.length < 40, `${bundles.length} bundles`)
})

test('groups that no worker shares with another become one run', () => {
  const bundles = schedule(planOf(Array.from({ length: 300 }, (_, index) => [index, 50_000] as const)), 'split', 2)
  assert.ok(bundles.flat().length <= bundles.length + 2, `${bundles.flat().length} runs in ${bundles.length} bundles`)
})

test('a plan that claims no gas, or absurd gas, is scheduled all the same', () => {
  for (const gas of [0, 2 ** 64]) {
    const plan = planOf([
      [0, gas],
      [0, gas],
      [1, gas],
    ])
    for (const strategy of STRATEGIES) {
      const transactions = schedule(plan, strategy, 2)
        .flat()
        .flatMap((run) => run.transactions)
      assert.deepEqual(transactions.toSorted(), [0, 1, 2], `${strategy}, ${gas}`)
    }
  }
})

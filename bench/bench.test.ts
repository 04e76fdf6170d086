import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodePlan } from '../primitives/plan.ts'
import { measureBlock } from './block/block.ts'
import { measureInTurns, median, medianDifference, sumOf } from './measure.ts'
import { measureRecording } from './recording.ts'
import { measureReplay } from './replay.ts'
import { formatReport } from './report.ts'
import { openWorkshop, storeBlock, tokenBlock } from './workloads.ts'

const TINY = { transactions: 4, warmUps: 1, rounds: 2 }

test('medians, and what is measured in turns', async () => {
  assert.equal(median([3, 1, 2]), 2)
  assert.equal(median([4, 1, 2, 3]), 2.5)
  assert.equal(medianDifference([5, 9, 7], [4, 4, 4]), 3)
  const order: string[] = []
  const step = (name: string) => ({ name, run: () => order.push(name) })
  const subjects = [{ steps: [step('a'), step('b')] }, { steps: [step('c')] }]
  let time = 0
  const samples = await measureInTurns(subjects, { warmUps: 1, rounds: 9 }, () => time++)
  const rounds = order.join('').match(/.../g)!
  assert.deepEqual([...new Set(rounds)].sort(), ['abc', 'cab'])
  assert.equal(rounds.length, 10)
  for (const name of ['a', 'b', 'c']) assert.deepEqual(samples.get(name), Array(9).fill(1))
  assert.deepEqual(sumOf(samples, 'a', 'c'), Array(9).fill(2))
})

test('the recording benchmark runs', async () => {
  const report = await measureRecording(TINY)
  assert.ok(report.rows.length > 5)
  assert.match(formatReport(report), /recording \+ grouping/)
})

test('the replay benchmark runs', async () => {
  const report = await measureReplay({ ...TINY, pools: [1, 2] })
  // Four blocks, each serially and by three strategies on two pools.
  assert.equal(report.rows.length, 4 * 7)
  for (const [, , ms] of report.rows) assert.ok(Number(ms) > 0)
})

test('the validation benchmark runs', async () => {
  const [summary, details] = await measureBlock({
    ...TINY,
    firstWarmUps: 1,
    pools: [1, 2],
    strategies: ['serial', 'split'],
    conflicts: [0, 1],
  })
  // Nine workloads, serially and on two pools, with senders known and not.
  assert.equal(summary!.rows.length, 9 * 2)
  for (const row of summary!.rows) assert.ok(!row.includes(''), `${row}`)
  assert.equal(details!.rows.length, 9 * 2 * 3 * 2)
  for (const [, , verdict, , durable] of details!.rows)
    assert.ok(Number(verdict) > 0 && Number(durable) > Number(verdict))
})

test('the plan of 300 ERC-20 transfers between distinct pairs has 300 groups and at most 3 KB', async (t) => {
  const workshop = await openWorkshop({ accounts: 300, pools: [1] })
  t.after(() => workshop.lab.close())
  const { header } = (await tokenBlock(workshop, 300)).block
  t.diagnostic(`${header.plan!.length} bytes`)
  assert.ok(header.plan!.length <= 3 * 1024)
  assert.equal(groupCount(header.plan!), 300)
  for (const [conflict, groups] of [
    [0, 300],
    [0.5, 151],
    [1, 1],
  ] as const) {
    assert.equal(groupCount((await storeBlock(workshop, 300, conflict)).block.header.plan!), groups)
  }
})

function groupCount(plan: Uint8Array): number {
  return new Set(decodePlan(plan).transactions.map(({ group }) => group)).size
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Engine, RunResult, Workload } from './engine.ts'
import { agreedGas, measureEngines, roundsFor } from './measure-engines.ts'

const WORKLOAD = { name: 'Something' } as Workload
const RESULT: RunResult = { output: new Uint8Array([7]), gasUsed: 30n, microseconds: 5 }
const OPTIONS = { rounds: 4, turnMs: 0, warmUpMs: 0 }

function engine(name: string, changes: Partial<RunResult> & Pick<Engine, 'average'> = {}): Engine {
  const { average, ...result } = changes
  const run = () => ({ ...RESULT, ...result })
  return { name, supports: () => true, prepare: () => {}, run, close: () => {}, ...(average && { average }) }
}

test('engines that agree', async () => {
  assert.equal(await agreedGas([engine('a'), engine('b'), engine('c', { gasUsed: undefined })], WORKLOAD), 30n)
})

test('a different output or different gas is an error that names both', async () => {
  const other = engine('b', { output: new Uint8Array([8]) })
  await assert.rejects(agreedGas([engine('a'), other], WORKLOAD), {
    message: 'Something: a returns 0x07, but b returns 0x08',
  })
  const wasteful = engine('b', { gasUsed: 31n })
  await assert.rejects(agreedGas([engine('a'), wasteful], WORKLOAD), {
    message: 'Something: a uses 30 gas, but b 31',
  })
})

test('slow runs have fewer rounds, but seven below two seconds', () => {
  assert.equal(roundsFor(15, 1), 15)
  assert.equal(roundsFor(15, 1_900), 7)
  assert.equal(roundsFor(15, 2_100), 3)
  assert.equal(roundsFor(2, 2_100), 2)
})

test('each engine has its turns; a fast one runs several times in each, one with means of its own is asked for these', async () => {
  const summaries = await measureEngines(
    [engine('a'), engine('b', { microseconds: 9 }), engine('c', { average: async () => 11 })],
    WORKLOAD,
    OPTIONS,
  )
  assert.deepEqual(summaries.get('a'), { median: 5, min: 5, max: 5, runs: 4 })
  assert.deepEqual(summaries.get('b'), { median: 9, min: 9, max: 9, runs: 4 })
  assert.deepEqual(summaries.get('c'), { median: 11, min: 11, max: 11, runs: 3 })
  const repeated = await measureEngines([engine('a')], WORKLOAD, { ...OPTIONS, turnMs: 5 })
  assert.ok(repeated.get('a')!.runs > OPTIONS.rounds)
})

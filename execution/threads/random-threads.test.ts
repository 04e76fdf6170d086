import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Random, seedFromEnvironment } from '../../test/support/random.ts'
import { randomThreadProgram } from './fixtures/random-program.ts'
import { runAll } from './fixtures/run-threads.ts'

const PROGRAMS = Number(process.env.THREAD_PROGRAMS ?? 400)

test(`${PROGRAMS} random programs with threads do the same on every engine`, (t) => {
  const seed = seedFromEnvironment()
  t.diagnostic(`seed ${seed}`)
  const random = new Random(seed)
  const ends = { return: 0, revert: 0, halt: 0 }
  for (let program = 0; program < PROGRAMS; program++) {
    const { code, otherCode: other } = randomThreadProgram(random)
    const what = `seed ${seed}, program ${program}`
    const { exit, gasUsed } = runAll(code, { other }, what)
    ends[exit.kind]++
    runAll(code, { other, gas: BigInt(random.below(Number(gasUsed) + 1)) }, `${what}, too little gas`)
  }
  t.diagnostic(JSON.stringify(ends))
  for (const [kind, count] of Object.entries(ends)) assert.ok(count > 0, `none ended with ${kind}`)
})

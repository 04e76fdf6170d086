import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { after, before, describe, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { Random, seedFromEnvironment } from '../../test/support/random.ts'
import { outputOf } from '../evm/message.ts'
import { randomThreadProgram } from '../threads/fixtures/random-program.ts'
import { contractOf, type RunOptions, runAll } from '../threads/fixtures/run-threads.ts'
import { type Offer, setThreadHelpers, type ThreadHelpers, threadHelpers } from '../threads/helpers.ts'
import { useHelpers } from './thread-channel.ts'

/** Counts what helpers did, and lets them finish first, so that every task is theirs that can be. */
class Counting implements ThreadHelpers {
  readonly #helpers: ThreadHelpers
  offers = 0
  helped = 0

  constructor(helpers: ThreadHelpers) {
    this.#helpers = helpers
  }

  offer(...parameters: Parameters<ThreadHelpers['offer']>): Offer {
    this.offers++
    const offer = this.#helpers.offer(...parameters)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
    return {
      take: (task) => {
        const result = offer.take(task)
        if (result !== undefined) this.helped++
        return result
      },
      close: () => offer.close(),
    }
  }
}

let counting: Counting
const workers: Worker[] = []

before(async () => {
  const name = randomUUID()
  for (let index = 0; index < 2; index++) {
    workers.push(new Worker(new URL('./fixtures/helper-worker.ts', import.meta.url), { workerData: name }))
  }
  await Promise.all(workers.map((worker) => once(worker, 'message')))
  useHelpers(name)
})

after(() => {
  setThreadHelpers(undefined)
  for (const worker of workers) worker.postMessage('end')
})

/** With helpers and without: the results must be the same on all engines. */
function runBothWays(code: Uint8Array, options: RunOptions = {}, what = '') {
  const helpers = threadHelpers()!
  counting = new Counting(helpers)
  setThreadHelpers(counting)
  try {
    const helped = runAll(code, options, what)
    setThreadHelpers(undefined)
    assert.deepEqual(helped, runAll(code, options, what), what)
    return helped
  } finally {
    setThreadHelpers(helpers)
  }
}

const subsol = (id: number, byte: number) => `${byte} PUSH0 MSTORE8 1 PUSH0 ${id} SUBSOL`
const returnTop = 'PUSH0 MSTORE 32 PUSH0 RETURN'
/** Adds 1 to 0 that many times. */
const count = (times: number) => `0 again: 1 ADD DUP1 ${times} GT @again JUMPI`
const join = (id: number) => `32 0 ${id} JOIN POP 0 MLOAD`

describe('helpers', () => {
  test('run threads that only compute', () => {
    const code = contractOf(
      `${[1, 2, 3].map((id) => subsol(id, 1)).join(' ')} ${[1, 2, 3].map(join).join(' ')} ADD ADD ${returnTop}`,
      {
        1: `${count(2_000)} TID MUL ${returnTop}`,
      },
    )
    assert.equal(runBothWays(code).output, 12_000n)
    // On four engines: the reference interpreter asks nobody.
    assert.ok(counting.offers > 0)
    assert.ok(counting.helped > 0 && counting.helped <= 8, `${counting.helped} of 8`)
  })

  test('know those that revert, and leave those that halt', () => {
    const code = contractOf(
      `${subsol(1, 1)} ${subsol(2, 1)} ${subsol(3, 2)} 32 0 2 JOIN 0 MLOAD ADD 32 0 3 JOIN ADD ${returnTop}`,
      {
        1: '7 0 MSTORE 32 0 REVERT',
        2: '0 0 MSTORE INVALID',
      },
    )
    assert.equal(runBothWays(code).output, 7n)
    assert.ok(counting.helped > 0 && counting.helped <= 4, `${counting.helped} of 4`)
  })

  test('leave what looks at the state, and code that may look at gas', () => {
    const looking = contractOf(`${subsol(1, 1)} ${subsol(2, 1)} ${join(2)} ${returnTop}`, {
      1: `100 SLOAD ${returnTop}`,
    })
    assert.equal(runBothWays(looking).output, 7n)
    assert.equal(counting.helped, 0)
    runBothWays(contractOf(`${subsol(1, 1)} ${subsol(2, 1)} ${join(2)} ${returnTop}`, { 1: `GAS ${returnTop}` }))
    assert.equal(counting.offers, 0)
  })

  test('count in gas and in the limit of threads as if nobody had helped', () => {
    const code = contractOf(`${subsol(1, 1)} ${subsol(2, 1)} ${subsol(3, 1)} ${join(3)} ${returnTop}`, {
      1: `${subsol(1, 2)} ${subsol(2, 2)} ${count(50)} ${returnTop}`,
      2: 'STOP',
    })
    const { gasUsed } = runBothWays(code)
    assert.ok(counting.helped > 0)
    for (let gas = gasUsed - 2_500n; gas < gasUsed + 200n; gas += 97n) runBothWays(code, { gas }, `gas ${gas}`)
  })

  test('make no difference to random programs', (t) => {
    const seed = seedFromEnvironment()
    t.diagnostic(`seed ${seed}`)
    const random = new Random(seed)
    for (let program = 0; program < 60; program++) {
      const { code, otherCode: other } = randomThreadProgram(random, { mayTell: program % 2 === 0 })
      const what = `seed ${seed}, program ${program}`
      const { gasUsed, exit } = runBothWays(code, { other }, what)
      assert.ok(outputOf(exit).length < 1_000)
      runBothWays(code, { other, gas: BigInt(random.below(Number(gasUsed) + 1)) }, `${what}, too little gas`)
    }
  })
})

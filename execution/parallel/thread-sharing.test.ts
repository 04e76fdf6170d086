import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, describe, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { bytesToBigint, EMPTY_BYTES } from '../../primitives/bytes.ts'
import { keccak256Hex } from '../../primitives/keccak.ts'
import { Random, seedFromEnvironment } from '../../test/support/random.ts'
import { CALLER, messageTo, testEnvironment } from '../evm/fixtures/run-code.ts'
import { outputOf } from '../evm/message.ts'
import { randomThreadProgram } from '../threads/fixtures/random-program.ts'
import { contractOf, RULES, type RunOptions, runAll } from '../threads/fixtures/run-threads.ts'
import { type Offer, setThreadHelpers, type ThreadHelpers, threadHelpers } from '../threads/helpers.ts'
import { ThreadBoard } from '../threads/thread-board.ts'
import { THREADS_ADDRESS } from '../threads/thread-calls.ts'
import type { HelperData } from './fixtures/helper-worker.ts'
import { useHelpers } from './thread-sharing.ts'

/** Counts what helpers did, and lets them begin first, so that every task is theirs that can be. */
class Counting implements ThreadHelpers {
  /** However short they are. */
  readonly leastMs = 0
  readonly #helpers: ThreadHelpers
  offers = 0
  added = 0
  helped = 0

  constructor(helpers: ThreadHelpers) {
    this.#helpers = helpers
  }

  offer(...parameters: Parameters<ThreadHelpers['offer']>): Offer {
    this.offers++
    const offer = this.#helpers.offer(...parameters)
    assert.ok(offer !== undefined)
    return {
      add: (task) => {
        this.added++
        const number = offer.add(task, undefined)
        const endMs = performance.now() + PATIENCE_MS
        while (lane.hasFree && performance.now() < endMs) pause(0.1)
        return number
      },
      take: (task) => {
        const result = offer.take(task, PATIENCE_MS)
        if (typeof result === 'object') this.helped++
        return result
      },
      close: () => offer.close(),
    }
  }

  closeAll(): void {
    this.#helpers.closeAll()
  }
}

const PATIENCE_MS = 5_000
const PROGRAMS = Number(process.env.THREAD_PROGRAMS ?? 60)

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

let counting: Counting
const board = ThreadBoard.memoryFor({ lanes: 1, helpers: 2 })
const lane = new ThreadBoard(board).lanes[0]!
const workers: Worker[] = []

before(async () => {
  for (let helper = 0; helper < 2; helper++) {
    const workerData: HelperData = { board, helper }
    workers.push(new Worker(new URL('./fixtures/helper-worker.ts', import.meta.url), { workerData }))
  }
  await Promise.all(workers.map((worker) => once(worker, 'message')))
  useHelpers(board, 0)
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
    assert.equal(counting.helped, 12)
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
    assert.equal(counting.helped, 8)
  })

  test('leave what looks at the state, and code that may look at gas', () => {
    const looking = contractOf(`${subsol(1, 1)} ${subsol(2, 1)} ${join(2)} ${returnTop}`, {
      1: `100 SLOAD ${returnTop}`,
    })
    assert.equal(runBothWays(looking).output, 7n)
    assert.equal(counting.helped, 0)
    // On the first of four engines, both at once: for a while no other is offered of that function.
    assert.equal(counting.added, 2)
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

  test('leave threads that start others: what those may use depends on the gas that is left', () => {
    const nested = (body: string) =>
      contractOf(`${subsol(1, 1)} ${subsol(2, 2)} 32 0 2 JOIN ${returnTop}`, {
        1: `100 SLOAD ${returnTop}`,
        2: `${subsol(1, 3)} 0 0 1 JOIN ${returnTop}`,
        3: body,
      })
    // What halts uses all gas but for a 64th; the other has enough only where the first thread uses little.
    for (const body of ['INVALID', count(50_000)]) {
      const code = nested(body)
      for (const gas of [3_000_000n, 1_580_000n, 1_570_000n]) runBothWays(code, { gas }, `${body}, gas ${gas}`)
      assert.equal(counting.helped, 0)
    }
  })

  test('leave what asks for thread data or records by a call', () => {
    const request = (signature: string, ...words: number[]) => {
      const selector = BigInt(keccak256Hex(Buffer.from(signature))) & (0xffff_ffffn << 224n)
      const parameters = words.map((word, index) => `${word} ${4 + 32 * index} MSTORE`).join(' ')
      const length = 4 + 32 * words.length
      return `${selector} 0 MSTORE ${parameters} 32 0 ${length} 0 0 ${THREADS_ADDRESS} 0 CALL POP 0 MLOAD`
    }
    const code = contractOf(`${subsol(1, 1)} ${subsol(2, 2)} ${join(2)} ${returnTop}`, {
      1: `${request('wtr(uint256,uint256)', 1, 7)} ${returnTop}`,
      2: `${request('rdr(uint256)', 1)} ${returnTop}`,
    })
    assert.equal(runBothWays(code).output, 7n)
    assert.equal(counting.offers, 0)
  })

  test('stop when nobody waits for them', () => {
    const endless = contractOf('STOP', { 1: 'again: 1 @again JUMPI', 2: '5 PUSH0 MSTORE 32 PUSH0 RETURN' })
    const helpers = threadHelpers()!
    const code = { code: endless, codeHash: keccak256Hex(endless) }
    const message = messageTo({ ...code, value: 0n, data: EMPTY_BYTES, gas: 10n ** 15n, isStatic: false })
    const block = testEnvironment('osaka', { rules: RULES })
    const context = { block, origin: CALLER, gasPrice: 10n, blobVersionedHashes: [], blobBaseFee: 1n }
    const offer = helpers.offer(message, context)!
    for (const id of [1n, 2n]) offer.add({ id, data: Uint8Array.of(1) }, undefined)
    while (lane.hasFree) pause(0.1)
    helpers.closeAll()
    const next = helpers.offer(message, context)!
    const task = next.add({ id: 3n, data: Uint8Array.of(2) }, undefined)!
    while (lane.hasFree) pause(0.1)
    const result = next.take(task, PATIENCE_MS)
    assert.ok(typeof result === 'object')
    assert.equal(bytesToBigint(result.exit.output), 5n)
    next.close()
  })

  test('make no difference to random programs', (t) => {
    const seed = seedFromEnvironment()
    t.diagnostic(`seed ${seed}`)
    const random = new Random(seed)
    let helped = 0
    for (let program = 0; program < PROGRAMS; program++) {
      const kind = program % 4
      const { code, otherCode: other } = randomThreadProgram(random, { mayTell: kind === 0, computes: kind > 1 })
      const what = `seed ${seed}, program ${program}`
      const { gasUsed, exit } = runBothWays(code, { other }, what)
      assert.ok(outputOf(exit).length < 1_000)
      helped += counting.helped
      for (const gas of [random.below(Number(gasUsed) + 1), Number(gasUsed) + random.below(2 ** 16)]) {
        runBothWays(code, { other, gas: BigInt(gas) }, `${what}, gas ${gas}`)
        helped += counting.helped
      }
    }
    t.diagnostic(`${helped} threads were helped with`)
    assert.ok(helped > PROGRAMS)
  })
})

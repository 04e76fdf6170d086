import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Random } from '../test/support/random.ts'
import { nextDifficulty } from './pow-difficulty.ts'

const options = { periodSeconds: 2n, minimumDifficulty: 100n }
const parent = { difficulty: 2560n, timestamp: 1000n }

test('a block on time raises the difficulty, a late one lowers it by its lateness', () => {
  const rows: readonly (readonly [elapsed: bigint, expected: bigint])[] = [
    [2n, 2570n],
    [3n, 2240n], // up to one period late
    [4n, 2240n],
    [5n, 1920n], // two
    [10n, 1280n], // four: half
    [100_000n, 1280n], // never more
  ]
  for (const [elapsed, expected] of rows) {
    assert.equal(nextDifficulty(parent, 1000n + elapsed, options), expected, `${elapsed} s`)
  }
})

test('the difficulty rises by 1 at least and never falls below the minimum', () => {
  assert.equal(nextDifficulty({ difficulty: 120n, timestamp: 0n }, 2n, options), 121n)
  assert.equal(nextDifficulty({ difficulty: 120n, timestamp: 0n }, 60n, options), 100n)
  assert.equal(nextDifficulty({ difficulty: 0n, timestamp: 0n }, 2n, options), 100n)
})

/** Mines blocks as `Producer` does: from the slot on, the search takes an exponential time. */
class Simulation {
  readonly #random = new Random(1)
  readonly #periodSeconds: number
  #clock = 0
  #difficulty: bigint
  #timestamp = 0n

  constructor(periodSeconds: number, difficulty: bigint) {
    this.#periodSeconds = periodSeconds
    this.#difficulty = difficulty
  }

  /** Seconds a block and seconds of search a block, on average. */
  run(blocks: number, hashesPerSecond: number): { interval: number; search: number } {
    const startedAt = this.#timestamp
    let searched = 0
    for (let block = 0; block < blocks; block++) {
      const slot = Number(this.#timestamp) + this.#periodSeconds
      const begin = Math.max(this.#clock, slot)
      const timestamp = BigInt(Math.floor(begin))
      this.#difficulty = nextDifficulty({ difficulty: this.#difficulty, timestamp: this.#timestamp }, timestamp, {
        periodSeconds: BigInt(this.#periodSeconds),
        minimumDifficulty: 64n,
      })
      const search = (-Math.log(1 - this.#random.fraction()) * Number(this.#difficulty)) / hashesPerSecond
      searched += search
      this.#clock = begin + search
      this.#timestamp = timestamp
    }
    return { interval: Number(this.#timestamp - startedAt) / blocks, search: searched / blocks }
  }
}

test('whatever the miners’ rate, blocks come to keep their period and the search to take its share of it', () => {
  for (const periodSeconds of [1, 2, 12]) {
    for (const hashesPerSecond of [4_096, 4 * 4_096, 1_000_000]) {
      const simulation = new Simulation(periodSeconds, 2_048n)
      simulation.run(3_000, hashesPerSecond)
      const { interval, search } = simulation.run(3_000, hashesPerSecond)
      const label = `period ${periodSeconds}, ${hashesPerSecond} hashes a second: ${interval} s, ${search} s`
      assert.ok(interval < periodSeconds * 1.15, label)
      const expected = (periodSeconds + 1) / Math.log(33)
      assert.ok(search > expected * 0.75 && search < expected * 1.25, label)
    }
  }
})

test('when nine of ten miners leave, blocks keep the period again within 100 blocks', () => {
  const simulation = new Simulation(2, 2_048n)
  simulation.run(3_000, 40_960)
  simulation.run(100, 4_096)
  const { interval } = simulation.run(500, 4_096)
  assert.ok(interval < 2.4, `${interval} s`)
})

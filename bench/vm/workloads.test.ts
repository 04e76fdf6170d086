import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bigintToBytes, bytesToBigint } from '../../primitives/bytes.ts'
import { keccak256 } from '../../primitives/keccak.ts'
import type { Workload } from './engine.ts'
import { OurEngine } from './ours.ts'
import { READ_FACTOR, SUPPLY, vmWorkloads, type WorkloadSizes, WRITE_FACTOR } from './workloads.ts'

const TINY: WorkloadSizes = {
  fibonacci: 400,
  cpuHeavy: 50,
  matrixMul: 4,
  matrixAdd: { size: 3, times: 2 },
  substring: { count: 6, length: 4 },
  histogram: 300,
  keys: 5,
  manyKeys: 9,
  transfers: 7,
  hashes: 3,
  calls: 4,
}

test('every workload returns what it should', () => {
  const workloads = vmWorkloads(TINY)
  const engine = prepared(workloads)
  const expected = expectedOutputs()
  assert.equal(workloads.length, expected.length)
  for (const [index, workload] of workloads.entries()) {
    for (const _ of ['first', 'again']) {
      const { output, gasUsed, microseconds } = engine.run(workload)
      assert.equal(bytesToBigint(output), expected[index], workload.name)
      assert.ok(gasUsed! > 0n && microseconds > 0, workload.name)
    }
  }
})

test('six workloads compute, one is measured without recording too, names are unique', () => {
  const workloads = vmWorkloads(TINY)
  assert.equal(workloads.filter(({ computes }) => computes).length, 6)
  assert.equal(workloads.filter(({ isMostlyState }) => isMostlyState).length, 1)
  assert.equal(new Set(workloads.map(({ name }) => name)).size, workloads.length)
})

test('instructions are counted', () => {
  const workloads = vmWorkloads({ ...TINY, fibonacci: 1 })
  const more = vmWorkloads({ ...TINY, fibonacci: 11 })
  const counts = [workloads, more].map((each) => prepared(each).countInstructions(each[0]!))
  // Sixteen an addition.
  assert.equal(counts[1]! - counts[0]!, 160)
})

/** The same in a language without Solidity's words: what the contracts must return, in the order of the workloads. */
function expectedOutputs(): readonly bigint[] {
  return [
    fibonacci(400),
    sorted(50),
    product(4),
    sums(3, 2),
    substrings(6, 4),
    histogram(300),
    sumOf(0n, 5n, (key) => key * READ_FACTOR + 1n),
    1n + (4n * WRITE_FACTOR + 1n),
    1n + (8n * WRITE_FACTOR + 1n),
    // What is left, and the last receiver's one.
    SUPPLY - 7n + 1n,
    hashes(3),
    18n,
    1n,
  ]
}

function prepared(workloads: readonly Workload[]): OurEngine {
  const engine = new OurEngine('reference')
  engine.prepare(workloads.map(({ contract }) => contract))
  return engine
}

function fibonacci(index: number): bigint {
  let [number, next] = [0n, 1n]
  for (let i = 0; i < index; i++) [number, next] = [next, BigInt.asUintN(256, number + next)]
  return number
}

/** As the contracts draw numbers. */
function* pseudoRandom(count: number): Generator<bigint> {
  let seed = 1n
  for (let i = 0; i < count; i++) {
    seed = (seed * 1_103_515_245n + 12_345n) % 2n ** 31n
    yield seed
  }
}

const MERSENNE_PRIME = 2n ** 61n - 1n

function sorted(count: number): bigint {
  const numbers = [...pseudoRandom(count)].sort((a, b) => (a < b ? -1 : 1))
  return numbers.reduce((checksum, number) => (checksum * 31n + number) % MERSENNE_PRIME, 0n)
}

function element(row: bigint, column: bigint, factor: bigint): bigint {
  return (row * factor + column * 3n + 1n) % 101n
}

function weighted(size: number, valueAt: (row: bigint, column: bigint) => bigint): bigint {
  const bound = BigInt(size)
  return sumOf(0n, bound, (row) => {
    return sumOf(0n, bound, (column) => valueAt(row, column) * (row * bound + column + 1n))
  })
}

function product(size: number): bigint {
  return weighted(size, (row, column) => {
    return sumOf(0n, BigInt(size), (k) => element(row, k, 7n) * element(k, column, 13n))
  })
}

function sums(size: number, times: number): bigint {
  return weighted(size, (row, column) => element(row, column, 7n) + BigInt(times) * element(row, column, 13n))
}

function substrings(count: number, length: number): bigint {
  const letter = (i: number) => BigInt(97 + ((i * i + 7 * i) % 26))
  let checksum = 0n
  for (let start = 0; start < count; start++) {
    checksum = ((checksum * 31n) % MERSENNE_PRIME) + letter(start) * 256n + letter(start + length - 1)
  }
  return checksum
}

function histogram(count: number): bigint {
  const values = [...pseudoRandom(count)].map((number) => (number >> 16n) & 255n)
  return values.reduce((checksum, value) => checksum + (value + 1n) ** 2n, 0n)
}

function hashes(count: number): bigint {
  let hash: Uint8Array = new Uint8Array(32)
  for (let i = 0; i < count; i++) hash = keccak256(new Uint8Array([...hash, ...bigintToBytes(BigInt(i), 32)]))
  return bytesToBigint(hash)
}

function sumOf(first: bigint, end: bigint, termAt: (index: bigint) => bigint): bigint {
  let sum = 0n
  for (let index = first; index < end; index++) sum += termAt(index)
  return sum
}

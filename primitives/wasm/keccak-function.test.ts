import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { Random, seedFromEnvironment } from '../../test/support/random.ts'
import { bytesToHex } from '../hex.ts'
import { KECCAK_BLOCK_BYTES, KECCAK_STATE_BYTES } from './keccak-function.ts'
import { instantiateKeccak } from './keccak-instance.ts'

const { memory, keccak256, absorb, finish } = instantiateKeccak(1)
const seed = seedFromEnvironment()
const random = new Random(seed)

function randomBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.below(256))
}

function written(output: number): string {
  return bytesToHex(memory.subarray(output, output + 32))
}

/** Everything that is not input holds other bytes, so that a read beside it shows. */
function place(input: Uint8Array, at: number): void {
  memory.fill(0xa5)
  memory.set(input, at)
}

test('all lengths up to 600, at different alignments', () => {
  for (let length = 0; length <= 600; length++) {
    const input = randomBytes(length)
    const expected = bytesToHex(keccak_256(input))
    for (const at of [0, 1, 7, 1_003, 2_048]) {
      place(input, at)
      const output = 4_000 + (length % 8)
      keccak256(at, length, output)
      assert.equal(written(output), expected, `${length} bytes at ${at}, seed ${seed}`)
      assert.equal(bytesToHex(memory.subarray(at, at + length)), bytesToHex(input))
      assert.equal(memory[output - 1], 0xa5)
      assert.equal(memory[output + 32], 0xa5)
    }
  }
})

test('input at the end of the memory, and in the first bytes of it', () => {
  for (const length of [0, 1, 5, 8, 31, 32, 64, 135, 136, 137, 271, 272, 300]) {
    const input = randomBytes(length)
    const expected = bytesToHex(keccak_256(input))
    for (const at of [memory.length - length, 0, 3]) {
      place(input, at)
      keccak256(at, length, 30_000)
      assert.equal(written(30_000), expected, `${length} bytes at ${at}, seed ${seed}`)
    }
  }
})

test('the digest may be written over its input', () => {
  for (const length of [32, 64, 500]) {
    const input = randomBytes(length)
    place(input, 5_000)
    keccak256(5_000, length, 5_000)
    assert.equal(written(5_000), bytesToHex(keccak_256(input)), `${length} bytes, seed ${seed}`)
  }
})

test('input in parts: blocks are absorbed, the rest finishes, and the state goes on after a digest', () => {
  const [state, output] = [101, 700]
  for (let round = 0; round < 200; round++) {
    const blocks = Array.from({ length: random.below(4) }, () => random.below(5))
    memory.fill(0xa5)
    memory.fill(0, state, state + KECCAK_STATE_BYTES)
    const all: number[] = []
    const check = (length: number): void => {
      const rest = randomBytes(length)
      memory.set(rest, 9_001)
      finish(state, 9_001, rest.length, output)
      const what = `${all.length} bytes and ${length}, seed ${seed}`
      assert.equal(written(output), bytesToHex(keccak_256(Uint8Array.from([...all, ...rest]))), what)
    }
    for (const count of blocks) {
      const part = randomBytes(count * KECCAK_BLOCK_BYTES)
      memory.set(part, 20_003)
      absorb(state, 20_003, count)
      all.push(...part)
      check(random.below(KECCAK_BLOCK_BYTES))
    }
    check(0)
    // More than a block may finish too.
    check(500)
  }
})

test('2,000 digests in a chain', () => {
  memory.fill(0)
  let expected: Uint8Array = new Uint8Array(64)
  memory.set(expected, 64)
  for (let round = 0; round < 2_000; round++) {
    keccak256(64, 64, 96 - (round % 2) * 32)
    const digest = keccak_256(expected)
    expected = Uint8Array.from(
      round % 2 === 0 ? [...expected.subarray(0, 32), ...digest] : [...digest, ...expected.subarray(32)],
    )
  }
  assert.equal(bytesToHex(memory.subarray(64, 128)), bytesToHex(expected))
})

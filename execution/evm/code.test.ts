import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wordToHash } from '../../primitives/hex.ts'
import { analyzeCode, cachedCode } from './code.ts'
import { assemble } from './fixtures/assembler.ts'

test('a jump destination is a JUMPDEST that is not an immediate', () => {
  const { jumpDestinations, length } = analyzeCode(assemble('JUMPDEST PUSH2 0x5b5b JUMPDEST PUSH1 0x5b .7f5b'))
  assert.equal(length, 9)
  assert.deepEqual([...jumpDestinations], [1, 0, 0, 0, 1, 0, 0, 0, 0])
})

test('behind the code there is room for the longest immediate and a STOP', () => {
  const { bytes } = analyzeCode(Uint8Array.of(0x7f))
  assert.equal(bytes.length, 34)
  assert.ok(bytes.subarray(1).every((byte) => byte === 0))
})

test('analyses are kept by hash, the most recently used of 2 MiB of code', () => {
  const codeOf = (index: number) => new Uint8Array(24_576).fill(index)
  const hashOf = (index: number) => wordToHash(BigInt(index + 1))
  const first = cachedCode(hashOf(0), codeOf(0))
  for (let index = 1; index < 200; index++) {
    cachedCode(hashOf(index), codeOf(index))
    assert.equal(cachedCode(hashOf(0), codeOf(0)), first, `after ${index} others`)
  }
  const second = cachedCode(hashOf(1), codeOf(1))
  for (let index = 200; index < 300; index++) cachedCode(hashOf(index), codeOf(index))
  assert.notEqual(cachedCode(hashOf(1), codeOf(1)), second)
})

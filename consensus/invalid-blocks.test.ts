import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wordToHash } from '../primitives/hex.ts'
import { InvalidBlocks } from './invalid-blocks.ts'

test('the last 4096 invalid blocks are remembered with their reason', () => {
  const invalid = new InvalidBlocks()
  for (let word = 0n; word <= 4096n; word++) invalid.add(wordToHash(word), 'wrong-state-root')
  assert.equal(invalid.code(wordToHash(0n)), undefined)
  assert.equal(invalid.code(wordToHash(1n)), 'wrong-state-root')
  assert.equal(invalid.code(wordToHash(4096n)), 'wrong-state-root')
  assert.equal(invalid.code(wordToHash(4097n)), undefined)
})

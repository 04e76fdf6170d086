import assert from 'node:assert/strict'
import { test } from 'node:test'
import { developmentGenesis } from '../config/genesis.ts'
import { type Block, encodeBlock } from '../primitives/block.ts'
import { wordToHash, ZERO_HASH } from '../primitives/hex.ts'
import { InvalidBlocks } from './invalid-blocks.ts'

test('the last 4096 invalid blocks are remembered with their reason', () => {
  const invalid = new InvalidBlocks()
  for (let word = 0n; word <= 4096n; word++) invalid.add(wordToHash(word), 'wrong-state-root')
  assert.equal(invalid.code(wordToHash(0n)), undefined)
  assert.equal(invalid.code(wordToHash(1n)), 'wrong-state-root')
  assert.equal(invalid.code(wordToHash(4096n)), 'wrong-state-root')
  assert.equal(invalid.code(wordToHash(4097n)), undefined)
})

const BLOCK: Block = (() => {
  const { alloc: _, config: __, ...header } = developmentGenesis()
  return { header: { ...header, stateRoot: ZERO_HASH }, transactions: [], ommers: [], withdrawals: [] }
})()
const withData = (bytes: number): Block => ({
  ...BLOCK,
  header: { ...BLOCK.header, extraData: new Uint8Array(bytes) },
})

test('the last 16 are kept whole, each once', () => {
  const invalid = new InvalidBlocks()
  for (let word = 0n; word <= 16n; word++) invalid.keep(wordToHash(word), BLOCK)
  invalid.keep(wordToHash(5n), BLOCK)
  const kept = invalid.kept.map(({ hash }) => hash)
  assert.equal(kept.length, 16)
  assert.ok(!kept.includes(wordToHash(0n)))
  assert.equal(kept.at(-1), wordToHash(5n))
  assert.deepEqual(invalid.kept[0]?.rlp, encodeBlock(BLOCK))
})

test('together they have at most 8 MiB', () => {
  const invalid = new InvalidBlocks()
  invalid.keep(wordToHash(1n), withData(3 << 20))
  invalid.keep(wordToHash(2n), withData(3 << 20))
  invalid.keep(wordToHash(3n), withData(3 << 20))
  assert.deepEqual(
    invalid.kept.map(({ hash }) => hash),
    [wordToHash(2n), wordToHash(3n)],
  )
  invalid.keep(wordToHash(4n), withData(9 << 20))
  assert.deepEqual(invalid.kept, [])
})

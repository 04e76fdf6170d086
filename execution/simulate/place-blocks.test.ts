import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BlockOverrides } from '../call.ts'
import { placeBlocks } from './place-blocks.ts'

const BASE = { number: 10n, timestamp: 100n }
const place = (...headers: BlockOverrides[]) =>
  placeBlocks(
    headers.map((header) => ({ header, calls: [] })),
    BASE,
  ).map(({ number, timestamp }) => [number, timestamp])
const failsWith = (code: string) => ({ name: 'SimulationError', code })

test('blocks follow one another by 1 and 12 s, unless they say otherwise', () => {
  assert.deepEqual(place(), [])
  assert.deepEqual(place({}, { timestamp: 150n }, {}), [
    [11n, 112n],
    [12n, 150n],
    [13n, 162n],
  ])
})

test('gaps are filled with empty blocks', () => {
  assert.deepEqual(place({ number: 13n, timestamp: 200n }, {}), [
    [11n, 112n],
    [12n, 124n],
    [13n, 200n],
    [14n, 212n],
  ])
})

test('numbers and timestamps ascend', () => {
  assert.throws(() => place({ number: 10n }), failsWith('block-number-order'))
  assert.throws(() => place({ number: 12n }, { number: 12n }), failsWith('block-number-order'))
  assert.throws(() => place({ timestamp: 100n }), failsWith('block-time-order'))
  // The empty block before it is at 112 already.
  assert.throws(() => place({ number: 12n, timestamp: 112n }), failsWith('block-time-order'))
  assert.throws(() => place({ timestamp: 2n ** 64n - 1n }, {}), failsWith('block-time-order'))
})

test('there are at most 256, those in gaps included', () => {
  assert.equal(place({ number: 266n }).length, 256)
  assert.throws(() => place({ number: 267n }), failsWith('simulation-too-large'))
  assert.throws(() => place({ number: 2n ** 64n - 1n }), failsWith('simulation-too-large'))
  assert.throws(() => place(...Array(257).fill({})), failsWith('simulation-too-large'))
})

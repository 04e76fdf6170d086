import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Random, seedFromEnvironment } from '../../test/support/random.ts'
import {
  comparePaths,
  joinPaths,
  type Path,
  packedLength,
  packedPath,
  packPath,
  sharedLength,
  toNibbles,
  unpackPath,
  writePackedPath,
} from './nibbles.ts'

const seed = seedFromEnvironment()
const random = new Random(seed)

function randomPath(): Path {
  const bytes = Uint8Array.from({ length: 4 }, () => random.pick([0x00, 0x01, 0x10, 0x11]))
  const start = random.below(9)
  return { bytes, start, end: start + random.below(9 - start) }
}

function nibblesOf({ bytes, start, end }: Path): number[] {
  return [...toNibbles(bytes).subarray(start, end)]
}

test('paths are packed as the Yellow Paper says, from odd and even places', () => {
  const cases: [number[], boolean, number[]][] = [
    [[], false, [0x00]],
    [[], true, [0x20]],
    [[1, 2, 3, 4, 5], false, [0x11, 0x23, 0x45]],
    [[0, 1, 2, 3, 4, 5], false, [0x00, 0x01, 0x23, 0x45]],
    [[0, 15, 1, 12, 11, 8], true, [0x20, 0x0f, 0x1c, 0xb8]],
    [[15, 1, 12, 11, 8], true, [0x3f, 0x1c, 0xb8]],
  ]
  for (const [nibbles, isLeaf, packed] of cases) {
    assert.deepEqual([...packPath(Uint8Array.from(nibbles), isLeaf)], packed)
    assert.deepEqual(unpackPath(Uint8Array.from(packed)), { path: Uint8Array.from(nibbles), isLeaf })
  }
  for (const wrong of [[], [0x40], [0x05], [0x2f]]) assert.equal(unpackPath(Uint8Array.from(wrong)), undefined)
})

test('windows on paths are the paths', () => {
  for (let round = 0; round < 5_000; round++) {
    const [a, b] = [randomPath(), randomPath()]
    const [ofA, ofB] = [nibblesOf(a), nibblesOf(b)]
    const where = `seed ${seed}, round ${round}`
    const target = new Uint8Array(12)
    const isLeaf = random.chance(0.5)
    const end = writePackedPath(target, 2, a, isLeaf)
    assert.deepEqual([...target.subarray(2, end)], [...packPath(Uint8Array.from(ofA), isLeaf)], where)
    assert.equal(end - 2, packedLength(ofA.length), where)
    assert.deepEqual(nibblesOf(packedPath(target, 2, end - 2)), ofA, where)
    assert.deepEqual(nibblesOf(joinPaths(a, b)), [...ofA, ...ofB], where)
    const differs = ofA.findIndex((nibble, index) => nibble !== ofB[index])
    assert.equal(sharedLength(a, b), differs === -1 ? ofA.length : differs, where)
    assert.equal(Math.sign(comparePaths(a, b)), Buffer.compare(Uint8Array.from(ofA), Uint8Array.from(ofB)), where)
  }
})

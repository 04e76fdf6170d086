import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareBytes } from '../../primitives/bytes.ts'
import { keccak256 } from '../../primitives/keccak.ts'
import { ChangeList, type KeyedPayload } from './change-list.ts'

function changes(count: number): KeyedPayload[] {
  return Array.from({ length: count }, (_, index) => {
    const key = keccak256(Uint8Array.of(index, index >> 8))
    // Some differ behind the bytes that are sorted by first.
    if (index % 5 === 0) key.fill(7, 0, 8)
    return { key, payload: new Uint8Array(index % 40).fill(index) }
  })
}

function contentOf(list: ChangeList): KeyedPayload[] {
  return Array.from({ length: list.count }, (_, index) => ({
    key: list.key(index).slice(),
    payload: list.payload(index).slice(),
  }))
}

test('changes are sorted by key, each with its payload', () => {
  for (const count of [0, 1, 2, 300]) {
    const given = changes(count)
    const list = ChangeList.of(given)
    assert.deepEqual(
      contentOf(list),
      given.toSorted((a, b) => compareBytes(a.key, b.key)),
    )
    assert.deepEqual(contentOf(new ChangeList(list.bytes.slice())), contentOf(list))
  }
})

test('a piece has the same changes, and pieces by nibble are the whole', () => {
  const list = ChangeList.of(changes(300))
  const content = contentOf(list)
  assert.deepEqual(contentOf(list.slice(17, 80)), content.slice(17, 80))
  assert.deepEqual(contentOf(list.slice(5, 5)), [])
  const starts = list.nibbleStarts()
  assert.equal(starts.length, 17)
  for (let nibble = 0; nibble < 16; nibble++) {
    const piece = contentOf(list.slice(starts[nibble]!, starts[nibble + 1]!))
    assert.deepEqual(
      piece,
      content.filter(({ key }) => key[0]! >> 4 === nibble),
    )
  }
  assert.deepEqual(ChangeList.of([]).nibbleStarts(), new Array(17).fill(0))
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Edits } from './edits.ts'

test('replaces, inserts before what replaces, and copies', () => {
  const edits = new Edits()
  edits.replace(4, 7, '<', { start: 0, end: 3 }, '>')
  edits.insert(4, 'A')
  edits.insert(4, 'B')
  assert.equal(edits.apply('abc def ghi').text, 'abc AB<abc> ghi')
})

test('knows where each byte was', () => {
  const edits = new Edits()
  edits.replace(4, 7, '<', { start: 0, end: 3 }, '>')
  const edited = edits.apply('abc def ghi')
  assert.equal(edited.text, 'abc <abc> ghi')
  assert.equal(edited.originOf(2), 2)
  assert.equal(edited.originOf(4), 4)
  assert.equal(edited.originOf(6), 1)
  assert.equal(edited.originOf(11), 9)
  assert.deepEqual(
    [4, 5, 8, 9].map((offset) => edited.isNew(offset)),
    [true, false, true, false],
  )
  assert.deepEqual(edited.rangeOf(5, 8), { start: 0, end: 3 })
  assert.deepEqual(edited.rangeOf(10, 13), { start: 8, end: 11 })
})

test('overlapping edits are a bug', () => {
  const edits = new Edits()
  edits.replace(0, 3, 'x')
  edits.replace(2, 4, 'y')
  assert.throws(() => edits.apply('abcdef'), /overlap/)
})

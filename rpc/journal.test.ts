import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Journal } from './journal.ts'

test('positions stay, old entries go', () => {
  const journal = new Journal<number>({ kept: 3 })
  for (let entry = 0; entry < 100; entry += 1) {
    assert.equal(journal.end, entry)
    journal.push(entry)
    assert.ok(journal.end - journal.start >= Math.min(3, entry + 1) && journal.end - journal.start <= 6)
    for (let position = journal.start; position < journal.end; position += 1) {
      assert.equal(journal.at(position), position)
    }
    assert.equal(journal.at(journal.start - 1), undefined)
    assert.equal(journal.at(journal.end), undefined)
  }
})

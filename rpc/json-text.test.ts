import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JsonText } from './json-text.ts'

test('a text is what was appended, however long its parts are', () => {
  const text = new JsonText()
  const parts = [0, 1, 4_095, 1, 4_096, 4_097, 300_000, 3, 262_144, 262_145].map((length, index) =>
    String(index).repeat(length),
  )
  for (const part of parts) text.append(Buffer.from(part))
  assert.equal(text.between('[', ']').toString(), `[${parts.join('')}]`)
})

test('what was reserved is there', () => {
  const text = new JsonText()
  for (const length of [1, 10_000, 1, 1_000_000]) {
    text.reserve(length)
    assert.ok(text.bytes.length - text.offset >= length)
    text.bytes.fill(0x61, text.offset, text.offset + length)
    text.offset += length
  }
  assert.equal(text.between('', '').toString(), 'a'.repeat(1_010_002))
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isCheapJson } from './json-scan.ts'

const LENGTH = 1 << 22
const MAXIMUM = 100_000

test('what is short is cheap', () => {
  assert.equal(isCheapJson('[[[[[', 5), true)
  assert.equal(isCheapJson('[[[[[', 4), false)
})

test('what has many values is not, whatever they are', () => {
  for (const piece of ['{},', '[', '0,', '"",', '"a":', '{"a":', '\\"\\', ':']) {
    assert.equal(isCheapJson(piece.repeat(LENGTH / piece.length), MAXIMUM), false, piece)
  }
  assert.equal(isCheapJson(`["${'\\"'.repeat(LENGTH / 2)}"]`, MAXIMUM), false, 'escaped quotation marks')
})

test('long strings and white space are cheap, closed or not', () => {
  const long = 'x[{,:'.repeat(LENGTH / 5)
  for (const text of [
    `{"state":"${long}","other":["${long}"]}`,
    `["${long}`,
    `["\\"${long}\\\\"]`,
    `[${' \n\t'.repeat(LENGTH / 3)}]`,
    `["${'\\n'.repeat(LENGTH / 2)}"]`,
    `["${'é'.repeat(LENGTH)}"]`,
  ]) {
    assert.equal(isCheapJson(text, MAXIMUM), true, text.slice(0, 20))
  }
})

test('a string ends where JSON says it does', () => {
  // What is behind the string decides: thirty values outside, or all of them inside.
  const values = ',1'.repeat(30)
  for (const [text, isCheap] of [
    [`["\\\\"${values}]`, false],
    [`["\\\\\\"${values}"]`, true],
    [`["a\\""${values}]`, false],
    [`["a\\"${values}"]`, true],
  ] as const) {
    JSON.parse(text)
    assert.equal(isCheapJson(text, 20), isCheap, text)
  }
})

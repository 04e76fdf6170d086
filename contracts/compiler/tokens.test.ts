import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toByteText } from './byte-text.ts'
import { matchBrackets, tokenize } from './tokens.ts'

const texts = (source: string) => tokenize(source).map(({ text }) => text)

test('words, numbers, strings and operators', () => {
  assert.deepEqual(texts('uint256 $a_1=x>>>=0x1F+1_000.5e3;'), [
    ...['uint256', '$a_1', '=', 'x', '>>>=', '0x1F', '+', '1_000.5e3', ';'],
  ])
  assert.deepEqual(texts('a=>b==c=d'), ['a', '=>', 'b', '==', 'c', '=', 'd'])
  assert.deepEqual(texts('1.f(.5)'), ['1', '.', 'f', '(', '.5', ')'])
  assert.deepEqual(texts(String.raw`hex"00ff" unicode'é' "a\"b"`), [
    'hex',
    '"00ff"',
    'unicode',
    "'é'",
    String.raw`"a\"b"`,
  ])
})

test('comments are no tokens, and nothing in them or in a string is one', () => {
  assert.deepEqual(texts('a // subsol [1] f();\nb /* " */ c /** * / **/ d'), ['a', 'b', 'c', 'd'])
  assert.deepEqual(texts('"// no comment" x'), ['"// no comment"', 'x'])
})

test('what is not closed ends with the text or its line', () => {
  assert.deepEqual(texts('a /* b'), ['a'])
  assert.deepEqual(texts('"abc\nd'), ['"abc', 'd'])
  assert.deepEqual(texts('"abc\\'), ['"abc\\'])
  assert.deepEqual(texts('a # b'), ['a', '#', 'b'])
})

test('offsets count bytes', () => {
  const [, after] = tokenize(toByteText('"é" x'))
  assert.deepEqual(after, { kind: 'word', text: 'x', start: 5, end: 6 })
})

test('brackets', () => {
  const { partner, around } = matchBrackets(tokenize('f(a[1]){}'))
  assert.deepEqual(partner, [undefined, 6, undefined, 5, undefined, 3, 1, 8, 7])
  assert.deepEqual(around, [undefined, undefined, 1, 1, 3, 1, undefined, undefined, undefined])
})

test('brackets that do not fit have no partner', () => {
  assert.deepEqual(matchBrackets(tokenize('(]')).partner, [undefined, undefined])
})

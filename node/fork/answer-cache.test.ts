import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { AnswerCache } from './answer-cache.ts'

const directory = mkdtempSync(join(tmpdir(), 'pavm-answer-cache-'))
after(() => rmSync(directory, { recursive: true, force: true }))

const open = (name: string, maxBytes = 1_000) => new AnswerCache({ file: join(directory, 'chain', name), maxBytes })

test('answers are there again, but for those that say nothing', async () => {
  const cache = open('again')
  cache.add('a', '0x1')
  cache.add('a', '0x2')
  cache.add('b', null)
  cache.add('c', { deep: ['x'] })
  await cache.flush()
  const again = open('again')
  assert.deepEqual(
    ['a', 'b', 'c'].map((key) => again.get(key)),
    ['0x1', undefined, { deep: ['x'] }],
  )
})

test('a line that is half, and what is none, is left out; what comes behind is not', async () => {
  const cache = open('torn')
  cache.add('a', 1)
  await cache.flush()
  appendFileSync(join(directory, 'chain', 'torn'), '{}\n["b",')
  const next = open('torn')
  next.add('c', 3)
  await next.flush()
  const last = open('torn')
  assert.deepEqual(
    ['a', 'b', 'c'].map((key) => last.get(key)),
    [1, undefined, 3],
  )
})

test('two add to one file', async () => {
  const [one, other] = [open('two', 1e6), open('two', 1e6)]
  for (let index = 0; index < 200; index++) {
    one.add(`one ${index}`, 'x'.repeat(index))
    other.add(`other ${index}`, 'y'.repeat(index))
    if (index % 50 === 0) await Promise.all([one.flush(), other.flush()])
  }
  await Promise.all([one.flush(), other.flush()])
  const both = open('two', 1e6)
  for (let index = 0; index < 200; index++) {
    assert.equal(both.get(`one ${index}`), 'x'.repeat(index))
    assert.equal(both.get(`other ${index}`), 'y'.repeat(index))
  }
})

test('what is too much is not kept, and a directory that cannot be written to is no failure', async () => {
  const cache = open('full', 100)
  cache.add('a', 'x'.repeat(50))
  cache.add('b', 'x'.repeat(50))
  cache.add('c', 'x')
  await cache.flush()
  assert.ok(readFileSync(join(directory, 'chain', 'full')).length <= 101)
  assert.deepEqual(
    ['a', 'b', 'c'].map((key) => open('full', 100).get(key) !== undefined),
    [true, false, true],
  )
  const nowhere = new AnswerCache({ file: '/dev/null/x/y', maxBytes: 100 })
  nowhere.add('a', 1)
  await nowhere.flush()
  assert.ok(nowhere.failure instanceof Error)
  assert.equal(nowhere.get('a'), 1)
})

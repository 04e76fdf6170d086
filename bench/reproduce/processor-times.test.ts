import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseTicks, utilisation } from './processor-times.ts'

test('ticks of each processor, and the part of them that it was busy', () => {
  const stat = (user: number, idle: number) =>
    `cpu  9 9 9 9 9 9 9 9 9 9\ncpu0 ${user} 1 2 ${idle} 4 5 6 7 8 9\ncpu1 0 0 0 ${idle} 0 0 0 0 0 0\nintr 1 2\n`
  const before = parseTicks(stat(10, 100))
  assert.deepEqual(before, [
    { busy: 31, all: 135 },
    { busy: 0, all: 100 },
  ])
  assert.deepEqual(utilisation(before, parseTicks(stat(40, 110))), [0.75, 0])
  assert.deepEqual(utilisation(before, before), [0, 0])
})

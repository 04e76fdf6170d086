import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PeerScores } from './peer-scores.ts'
import { RecentSet } from './recent-set.ts'
import { Refusals } from './refusals.ts'
import { TokenBucket } from './token-bucket.ts'

test('a bucket allows a burst, then the rate, and never saves more than a burst', () => {
  let now = 0
  const bucket = new TokenBucket(10, 5, () => now)
  assert.deepEqual(
    [5, 1].map((count) => bucket.take(count)),
    [true, false],
  )
  now = 99
  assert.equal(bucket.take(1), false)
  now = 100
  assert.equal(bucket.take(1), true)
  now = 1_000_000
  assert.deepEqual(
    [5, 1].map((count) => bucket.take(count)),
    [true, false],
  )
  now = 0
  assert.equal(bucket.take(1), false, 'a clock set back gives nothing')
})

test('scores fall with offences and recover by half in five minutes', () => {
  let now = 0
  const scores = new PeerScores(() => now)
  assert.equal(scores.score('a'), 0)
  scores.penalise('a', 'malformed')
  scores.penalise('a', 'malformed')
  assert.equal(scores.score('a'), -80)
  now = 5 * 60_000
  assert.equal(scores.score('a'), -40)
  scores.penalise('a', 'malformed')
  assert.equal(scores.score('a'), -80)
  assert.equal(scores.score('b'), 0)
  scores.forget('a')
  assert.equal(scores.score('a'), 0)
})

test('a refusal ends, and the next one is longer, up to the most', () => {
  let now = 0
  const refusals = new Refusals({ refusalMinMs: 10, refusalMaxMs: 25 }, () => now)
  assert.equal(refusals.has('a'), false)
  assert.equal(refusals.refuse('a'), 10)
  assert.equal(refusals.has('a'), true)
  now = 10
  assert.equal(refusals.has('a'), false)
  assert.deepEqual([refusals.refuse('a'), refusals.refuse('a')], [20, 25])
  assert.equal(refusals.has('b'), false)
})

test('a recent set forgets the oldest', () => {
  const set = new RecentSet<number>(2)
  assert.deepEqual(
    [1, 1, 2, 3, 1].map((value) => set.add(value)),
    [true, false, true, true, true],
  )
  assert.deepEqual(
    [1, 2, 3].map((value) => set.has(value)),
    [true, false, true],
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RecentCache } from './recent-cache.ts'

test('keeps what is used, forgets what is not, within its weight', () => {
  const loads: number[] = []
  const cache = new RecentCache<number, number>({ maxWeight: 10 })
  const get = (key: number): number | undefined =>
    cache.get(key, () => {
      loads.push(key)
      return key
    })
  for (let key = 1; key <= 40; key++) {
    assert.equal(get(0), 0)
    assert.equal(get(key), key)
  }
  assert.equal(loads.filter((key) => key === 0).length, 1)
  loads.length = 0
  for (let key = 40; key > 0; key--) get(key)
  assert.ok(loads.length >= 30, 'no more than the weight is remembered')
})

test('undefined is not remembered, and one value heavier than all is', () => {
  const cache = new RecentCache<string, string>({ maxWeight: 4 }, { weigh: (value) => value.length })
  assert.equal(
    cache.get('a', () => undefined),
    undefined,
  )
  assert.equal(
    cache.get('a', () => 'longer than four'),
    'longer than four',
  )
  assert.equal(
    cache.get('a', () => assert.fail('loaded again')),
    'longer than four',
  )
})

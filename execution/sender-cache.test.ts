import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Hash, wordToAddress, wordToHash } from '../primitives/hex.ts'
import { SenderCache } from './sender-cache.ts'

const hash = (number: number): Hash => wordToHash(BigInt(number))

test('the newest senders are kept, and never more than there is room for', () => {
  const cache = new SenderCache({ capacity: 10 })
  for (let number = 0; number < 100; number++) cache.add(hash(number), wordToAddress(BigInt(number)))
  const kept = Array.from({ length: 100 }, (_, number) => number).filter((number) => cache.get(hash(number)))
  assert.deepEqual(kept, kept.toSorted((a, b) => a - b).slice(-kept.length))
  assert.ok(kept.length >= 5 && kept.length <= 10, `${kept.length}`)
  assert.equal(kept.at(-1), 99)
  assert.equal(cache.get(hash(99)), wordToAddress(99n))
})

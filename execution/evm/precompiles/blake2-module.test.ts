import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytesToHex } from '../../../primitives/hex.ts'
import { compileBlake2 } from './blake2-module.ts'

/** The work vector after these numbers of rounds, one call after the other. */
function mixed(...calls: readonly number[]): string {
  const { words, mix } = compileBlake2()
  for (let byte = 0; byte < words.length; byte++) words[byte] = (byte * 37 + 11) & 0xff
  for (const rounds of calls) mix(rounds)
  return bytesToHex(words)
}

test('rounds repeat after ten, and come to the same however many a call makes', () => {
  assert.equal(mixed(30), mixed(10, 20))
  assert.equal(mixed(27), mixed(20, 7))
  assert.equal(mixed(25_013), mixed(5_000, 20_000, 10, 3))
  assert.notEqual(mixed(15), mixed(5, 10))
})

test('no rounds change nothing, and the message stays as it is', () => {
  assert.equal(mixed(0), mixed())
  assert.equal(mixed(12).slice(-256), mixed().slice(-256))
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NativeWindow } from './native-window.ts'

test('hands over bytes of any length', () => {
  const window = new NativeWindow()
  for (const length of [0, 1, 33, 63, 64, 65, 200]) {
    const bytes = Uint8Array.from({ length }, (_, index) => index + length)
    const [before, handed] = [bytes.slice(), window.of(bytes)]
    assert.deepEqual(handed, before)
    assert.deepEqual(bytes, before)
  }
})

test('short bytes are on memory that is there already', () => {
  const window = new NativeWindow()
  const { buffer } = window.of(new Uint8Array(33))
  assert.equal(window.of(new Uint8Array(53)).buffer, buffer)
  assert.notEqual(window.of(new Uint8Array(100)).buffer, buffer)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isTool, parseDuration } from './tools.ts'

test('durations as Go and Rust write them, in microseconds', () => {
  for (const [text, microseconds] of [
    ['870ns', 0.87],
    ['48.339ms', 48_339],
    ['19.5\u00b5s', 19.5],
    ['19.5\u03bcs', 19.5],
    ['1m2.5s', 62_500_000],
    ['3.25 ms', 3_250],
    ['310.5 ps', 0.0003105],
  ] as const) {
    assert.ok(Math.abs(parseDuration(text) - microseconds) < 1e-9 * Math.max(1, microseconds), text)
  }
  for (const text of ['', '5', '5 weeks', 'ms', '1s later']) {
    assert.throws(() => parseDuration(text), /no duration/, text)
  }
})

test('a tool is one that says so', async () => {
  assert.equal(await isTool(process.execPath, ['--version'], /^v\d+/), true)
  assert.equal(await isTool(process.execPath, ['--version'], /^evm version/), false)
  assert.equal(await isTool('no-such-program-anywhere', [], /./), false)
})

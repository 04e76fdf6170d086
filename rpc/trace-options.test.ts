import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_CALL_CONFIG, DEFAULT_TRACE_CONFIG, traceCallConfig, traceConfig } from './trace-options.ts'

test('what there is without options is what no options mean', () => {
  assert.deepEqual(traceConfig.parse({}), DEFAULT_TRACE_CONFIG)
  assert.deepEqual(traceCallConfig.parse({}), DEFAULT_CALL_CONFIG)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Timeline } from '../execution/block/executor.ts'
import { decodeTimeline, encodeTimeline } from './timeline-codec.ts'

test('a timeline comes back as it was', () => {
  const entry = { worker: 1, core: 3, group: -1, transactions: [], startUs: 0.5, durationUs: 12, gasUsed: 2n ** 60n }
  const timeline: Timeline = {
    strategy: 'split',
    workers: 2,
    durationUs: 1234.5,
    entries: [entry, { ...entry, core: undefined, group: 0, transactions: [0, 2] }],
  }
  assert.deepEqual(decodeTimeline(encodeTimeline(timeline)), timeline)
})

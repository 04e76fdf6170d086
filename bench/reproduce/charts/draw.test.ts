import assert from 'node:assert/strict'
import { test } from 'node:test'
import { draw } from './draw.ts'
import { linearScale, logarithmicScale } from './scale.ts'

const LABELS = { file: 'x', title: 'Time < size', xLabel: 'size', yLabel: 'ms' }

test('ticks are round numbers around the values', () => {
  assert.deepEqual(linearScale([3, 47], { fromZero: true }).ticks, [0, 10, 20, 30, 40, 50])
  assert.deepEqual(linearScale([90, 210], { fromZero: false }).ticks, [80, 100, 120, 140, 160, 180, 200, 220])
  assert.deepEqual(linearScale([0, 0], { fromZero: true }).ticks.at(0), 0)
  assert.deepEqual(logarithmicScale([0.5, 64]).ticks, [0.5, 1, 2, 4, 8, 16, 32, 64])
  const scale = linearScale([0, 10], { fromZero: true })
  assert.deepEqual([scale.at(0), scale.at(5), scale.at(10)], [0, 0.5, 1])
})

test('lines have a point for each value, and text is escaped', () => {
  const points = [1, 2, 4].map((x) => ({ x, y: x * 3 }))
  for (const isLogarithmic of [false, true]) {
    const svg = draw({ kind: 'line', ...LABELS, series: [{ name: 'a & b', points }], isLogarithmic })
    assert.equal(svg.match(/<circle /g)!.length, 3)
    assert.ok(svg.includes('Time &lt; size') && svg.includes('a &amp; b'))
    assert.ok(!svg.includes('NaN'))
  }
})

test('bars stand in groups', () => {
  const bars = [
    { name: 'one', values: [1, 2] },
    { name: 'two', values: [3, 0] },
  ]
  const svg = draw({ kind: 'bar', ...LABELS, groups: ['g', 'h'], bars })
  // The background, two in the legend, four bars.
  assert.equal(svg.match(/<rect /g)!.length, 7)
  assert.ok(!svg.includes('NaN'))
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatReport } from '../report.ts'
import { geometricMean, vmReports, type WorkloadFigures } from './vm-report.ts'

const took = (milliseconds: number, runs = 15) => {
  const microseconds = milliseconds * 1_000
  return { median: microseconds, min: microseconds, max: microseconds, runs }
}

const workload = (name: string, computes: boolean, ours: number, anvil: number, slow?: number): WorkloadFigures => ({
  name,
  computes,
  instructions: 1_000,
  gasUsed: 3_000n,
  warm: new Map([
    ['ours', took(ours)],
    ['anvil', took(anvil)],
    ...(slow === undefined ? [] : ([['slow', took(slow, 3)]] as const)),
  ]),
  cold: new Map([['ours', took(ours * 2)]]),
})

const FIGURES = {
  engines: ['ours', 'anvil', 'slow'],
  shipped: 'ours',
  workloads: [
    workload('Sorting', true, 2, 4, 250),
    workload('Adding', true, 1, 8),
    workload('Storing', false, 0.5, -0.01, 1),
  ],
  missing: ['Not there: a tool.'],
}

test('ratios come first, with the mean of the workloads that compute, then milliseconds', () => {
  assert.equal(
    vmReports(FIGURES).map(formatReport).join('\n'),
    [
      '### VM: how many times as fast as the others ours is',
      '',
      '|  | anvil | slow |',
      '| --- | ---: | ---: |',
      '| Sorting | 2.00 x | 125 x |',
      '| Adding | 8.00 x | - |',
      '| **geometric mean of these 2** | 4.00 x | - |',
      '| Storing | - | 2.00 x |',
      '',
      'Time of the other one divided by time of ours, both warm.',
      'Not there: a tool.',
      '### VM: milliseconds of a call',
      '',
      '|  | instructions | ours | anvil | slow | ours, cold |',
      '| --- | ---: | ---: | ---: | ---: | ---: |',
      '| Sorting | 1000 | 2.00 | 4.00 | 250 (3) | 4.00 |',
      '| Adding | 1000 | 1.00 | 8.00 | - | 2.00 |',
      '| Storing | 1000 | 0.500 | -0.010 | 1.00 (3) | 1.00 |',
      '',
      'Medians after warm-up; cold is the first call in a fresh process. A number in brackets is how many runs the median is',
      'over where they are fewer than seven: runs of more than two seconds, and means that a tool took itself over many calls.',
    ].join('\n'),
  )
})

test('the figures for machines have everything', () => {
  const { figures } = JSON.parse(JSON.stringify(vmReports(FIGURES)[0]))
  assert.equal(figures.shipped, 'ours')
  assert.equal(figures.geometricMeans.anvil.toFixed(6), '4.000000')
  assert.deepEqual(figures.workloads[0], {
    name: 'Sorting',
    computes: true,
    instructions: 1_000,
    gasUsed: 3_000,
    ratios: { anvil: 2, slow: 125 },
    warm: { ours: took(2), anvil: took(4), slow: took(250, 3) },
    cold: { ours: took(4) },
  })
})

test('geometric means', () => {
  assert.equal(geometricMean([2, 8]), 4)
  assert.equal(geometricMean([2, undefined]), undefined)
  assert.equal(geometricMean([]), undefined)
})

import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { PROGRAMS } from '../vm.ts'
import { writeDocument } from './document.ts'
import { reproduce, stepsOf } from './reproduce.ts'
import type { Sizes } from './sizes.ts'

const SIZES: Sizes = {
  calls: { rounds: 1, warmUpMs: 0, turnMs: 0 },
  series: { MatrixMul: [3, 6], Histogram: [20] },
  otherCalls: {
    fibonacci: 3,
    cpuHeavy: 4,
    matrixMul: 2,
    matrixAdd: { size: 2, times: 1 },
    substring: { count: 2, length: 3 },
    histogram: 5,
    keys: 2,
    manyKeys: 3,
    transfers: 2,
    hashes: 1,
    calls: 1,
  },
  threadCounts: [1, 3],
  text: 100,
  blocks: {
    firstWarmUps: 1,
    warmUps: 0,
    rounds: 1,
    workloads: ['MatrixMul', 'Fibonacci'],
    transactions: 4,
    counts: [2, 4],
    countedWorkloads: ['ERC20'],
    groupSizes: [1, 2],
    utilisationMs: 1,
  },
  cores: [1, 2, 4],
}

test('all experiments run, and make a document with plots', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pavm-reproduction-'))
  t.after(() => rmSync(folder, { recursive: true }))
  let steps = 0
  const sections = await reproduce(SIZES, {
    programs: PROGRAMS.filter(({ name }) => name === 'anvil'),
    onStep: () => steps++,
  })
  assert.equal(steps, stepsOf(SIZES))
  assert.equal(sections.length, 11)
  for (const { reports } of sections) {
    for (const { columns, rows } of reports) for (const row of rows) assert.equal(row.length, columns.length, `${row}`)
  }
  writeDocument(sections, { folder, processors: 2, date: '2026-01-01', sizes: SIZES })
  const text = readFileSync(join(folder, 'reproduction.md'), 'utf8')
  assert.ok(!/NaN|undefined|Infinity/.test(text), text)
  const plots = readdirSync(join(folder, 'reproduction'))
  assert.deepEqual(plots.sort(), [...text.matchAll(/\(reproduction\/(.*\.svg)\)/g)].map(([, file]) => file).sort())
  for (const plot of plots) assert.ok(!readFileSync(join(folder, 'reproduction', plot), 'utf8').includes('NaN'), plot)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytesToBigint } from '../primitives/bytes.ts'
import { formatReport } from './report.ts'
import { runCold } from './vm/cold.ts'
import { OurEngine } from './vm/ours.ts'
import { vmWorkloads } from './vm/workloads.ts'
import { measureVm, PROGRAMS } from './vm.ts'

const SIZES = {
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
}

const OPTIONS = { sizes: SIZES, rounds: 1, warmUpMs: 0, turnMs: 0, coldRounds: 0 }

test('the VM benchmark runs, with anvil and @ethereumjs/evm beside ours', async () => {
  const programs = PROGRAMS.filter(({ name }) => name === 'anvil')
  const [ratios, times] = await measureVm({ ...OPTIONS, programs })
  // Thirteen workloads, one of them without recording as well; and the mean.
  assert.equal(ratios!.rows.length, 15)
  assert.equal(times!.rows.length, 14)
})

test('what is not there is left out, with how to install it', async () => {
  class Absent extends OurEngine {
    static readonly install = 'make absent'
    static isInstalled(): boolean {
      return false
    }
    constructor() {
      super('reference')
    }
  }
  const [ratios] = await measureVm({ ...OPTIONS, programs: [{ name: 'absent', kind: Absent }] })
  assert.ok(formatReport(ratios!).includes('Not there: absent. To install it: `make absent`.'))
})

test('a cold run is one in a fresh process', async () => {
  const workload = vmWorkloads(SIZES)[0]!
  const { output, microseconds } = await runCold({ tier: 'reference', contracts: [workload.contract], workload })
  assert.equal(bytesToBigint(output), 2n)
  assert.ok(microseconds > 0)
  await assert.rejects(runCold({ tier: 'none', contracts: [], workload }), /exit code 1/)
})

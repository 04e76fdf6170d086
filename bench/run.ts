import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { measureRecording } from './recording.ts'
import { measureReplay } from './replay.ts'
import { formatReport, machine, type Report } from './report.ts'

/** Benchmarks by name: `node bench/run.ts NAME [--json FILE] [--rounds N]`; all of them without a name. */
const BENCHMARKS: Readonly<Record<string, (rounds: number | undefined) => Promise<Report>>> = {
  recording: (rounds = 101) => measureRecording({ transactions: 300, warmUps: 15, rounds }),
  replay: (rounds = 15) => measureReplay({ transactions: 300, warmUps: 5, rounds, pools: [1, 2] }),
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'string' }, rounds: { type: 'string' } },
})
const names = positionals.length > 0 ? positionals : Object.keys(BENCHMARKS)
const rounds = values.rounds === undefined ? undefined : Number(values.rounds)
const reports: Record<string, Report> = {}
console.log(`${machine()}\n`)
for (const name of names) {
  const benchmark = BENCHMARKS[name]
  if (benchmark === undefined) throw new Error(`no benchmark ${name}; there are: ${Object.keys(BENCHMARKS).join(', ')}`)
  reports[name] = await benchmark(rounds)
  console.log(`${formatReport(reports[name])}\n`)
}
if (values.json !== undefined) {
  writeFileSync(values.json, `${JSON.stringify({ machine: machine(), reports }, undefined, 2)}\n`)
}

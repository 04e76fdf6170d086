import { parseArgs } from 'node:util'
import { runStateTest, STATE_TEST_ARCHIVES, type StateTestCase, stateTestCases } from './state-tests.ts'

const HELP = `node test/conformance/run-state-tests.ts [filter] [--sample N] [--slow MS] [--name TEXT]
Runs the cases of every archive whose file name contains the filter; with --sample every N-th of them, with --name those
whose name contains the text. Cases that take longer than --slow (default 5000 ms) are listed.`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sample: { type: 'string', default: '1' },
    slow: { type: 'string', default: '5000' },
    name: { type: 'string', default: '' },
    help: { type: 'boolean', default: false },
  },
})

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Pass and fail counts by archive and fork. */
class Tally {
  readonly #counts = new Map<string, { passed: number; failed: number }>()

  add(key: string, hasPassed: boolean): void {
    const counts = this.#counts.get(key) ?? { passed: 0, failed: 0 }
    if (hasPassed) counts.passed++
    else counts.failed++
    this.#counts.set(key, counts)
  }

  get failed(): number {
    return [...this.#counts.values()].reduce((sum, { failed }) => sum + failed, 0)
  }

  lines(): string[] {
    return [...this.#counts].map(([key, { passed, failed }]) => `${key}: ${passed} passed, ${failed} failed`)
  }
}

function verdict(testCase: StateTestCase): string | undefined {
  try {
    return runStateTest(testCase)
  } catch (error) {
    return `threw ${error instanceof Error ? error.stack : error}`
  }
}

function runArchive(archive: string, tally: Tally): void {
  const label = archive.split('/').at(-1)
  let index = 0
  for (const testCase of stateTestCases(archive, positionals[0])) {
    if (!testCase.name.includes(values.name) || index++ % Number(values.sample) !== 0) continue
    const start = performance.now()
    const failure = verdict(testCase)
    const elapsedMs = performance.now() - start
    tally.add(`${label} ${testCase.rules.hardfork}`, failure === undefined)
    if (failure !== undefined) print(`FAIL ${testCase.name}\n  ${failure}`)
    if (elapsedMs > Number(values.slow)) print(`SLOW ${testCase.name}: ${Math.round(elapsedMs)} ms`)
  }
}

if (values.help) {
  print(HELP)
} else {
  const tally = new Tally()
  for (const archive of STATE_TEST_ARCHIVES) runArchive(archive, tally)
  for (const line of tally.lines()) print(line)
  if (tally.failed > 0) process.exitCode = 1
}

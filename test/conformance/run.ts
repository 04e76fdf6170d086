import { existsSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { progressBar } from '../../node/progress.ts'
import { VECTORS } from '../../primitives/fixtures/vectors.ts'
import { conformanceDocument } from './document.ts'
import type { FileReport } from './run-file.ts'
import { LONG_FILES, runVectors, type VectorJob } from './run-vectors.ts'
import { sum, type Tally } from './tally.ts'
import { listVectorFiles } from './vector-files.ts'

/** `npm run conformance`: runs the vectors of Ethereum and says which pass. */

const DOCUMENT = join(import.meta.dirname, '../../docs/conformance.md')

interface Options {
  readonly vectors: string
  readonly path: string
  readonly name: string
  readonly fork: string
  readonly sample: number
  readonly workers: number
  readonly trace: boolean
  readonly slow: number
  /** `false` for none. */
  readonly document: string | false
}

const wholeNumber = (text: string): number => {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number >= 1) return number
  throw new InvalidArgumentError('it must be a whole number from 1 on')
}

const options = new Command('npm run conformance --')
  .description('Run the vectors of Ethereum. A run of all of them writes docs/conformance.md.')
  .option('--vectors <dir>', 'folder of the vectors, whichever these are', VECTORS)
  .option('--path <text>', 'only files whose path has the text', '')
  .option('--name <text>', 'only cases whose name has the text', '')
  .option('--fork <name>', 'only cases of this hardfork, as the vectors name it', '')
  .option('--sample <n>', 'only every n-th case of a file', wholeNumber, 1)
  .option('--workers <n>', 'threads', wholeNumber, availableParallelism())
  .option('--trace', 'with a failing case its trace, up to where @ethereumjs/evm goes another way', false)
  .option('--slow <ms>', 'name the slowest case of a file that takes longer', wholeNumber, 10_000)
  .option('--document <file>', 'where a run of everything is written down', DOCUMENT)
  .option('--no-document', 'do not write it down')
  .parse()
  .opts<Options>()

const print = (line: string): void => void process.stdout.write(`${line}\n`)

/**
 * Long files first, each in as many parts as there are threads, so that no thread is left alone with one at the end; then
 * the others.
 */
function jobsToRun(): VectorJob[] {
  const { vectors, path: part, workers } = options
  const paths = listVectorFiles(vectors).flatMap(({ path }) => (path.includes(part) ? path : []))
  const isLong = (path: string): boolean => LONG_FILES.test(path)
  return [
    ...paths.filter(isLong).flatMap((path) => partsOf(path, workers)),
    ...paths.filter((path) => !isLong(path)).flatMap((path) => partsOf(path, 1)),
  ]
}

function partsOf(path: string, parts: number): VectorJob[] {
  const { name, fork, sample, trace } = options
  return Array.from({ length: parts }, (_, index) => {
    return { path, options: { name, fork, stride: sample * parts, offset: sample * index, trace } }
  })
}

async function runAll(jobs: readonly VectorJob[]): Promise<Tally> {
  const bar = progressBar('conformance', jobs.length)
  let done = 0
  try {
    return await runVectors({
      directory: options.vectors,
      jobs,
      workers: options.workers,
      onReport: (report) => {
        tell(report)
        bar.update(++done)
      },
    })
  } finally {
    bar.stop()
  }
}

function tell({ path, failures, slowest }: FileReport): void {
  for (const { fork, name, problem } of failures) {
    print(`FAILED ${fork} ${path} ${name}\n  ${problem.replaceAll('\n', '\n  ')}`)
  }
  if (slowest !== undefined && slowest.durationMs > options.slow) {
    print(`SLOW ${Math.round(slowest.durationMs / 1000)} s: ${path} ${slowest.name}`)
  }
}

function printSummary(tally: Tally): void {
  for (const [suite, byFork] of tally.bySuite) {
    const { passed, failed, skipped } = sum(byFork.values())
    print(`${suite}: ${passed} passed, ${failed} failed, ${skipped} skipped`)
  }
  for (const [reason, count] of tally.skips) print(`skipped ${count}: ${reason}`)
  for (const [what, count] of tally.unchecked) print(`not checked ${count}: ${what}`)
  for (const [reason, paths] of tally.notRun) print(`${paths.size} files not run: ${reason}`)
  print(`${tally.replayed} blocks replayed by groups, split and values`)
  const { passed, failed, skipped } = tally.total
  print(`${passed} passed, ${failed} failed, ${skipped} skipped`)
}

if (existsSync(options.vectors)) {
  const tally = await runAll(jobsToRun())
  printSummary(tally)
  const isWhole = options.path === '' && options.name === '' && options.fork === '' && options.sample === 1
  if (isWhole && options.document !== false) writeFileSync(options.document, conformanceDocument(tally))
  if (tally.total.failed > 0 || tally.total.passed === 0) process.exitCode = 1
} else {
  print(`There are no vectors at ${options.vectors}: name their folder by --vectors or PAVM_VECTORS.`)
  process.exitCode = 1
}

import { InvalidArgumentError } from 'commander'
import { progressBar } from '../../node/progress.ts'
import { type BatchOptions, runBatches } from './fuzz-threads.ts'

/** Where the output is no terminal, a line is written after so many comparisons. */
const REPORT_EVERY = 100_000

/** What each batch tells. */
export interface LoopResult<Kind extends string, Difference> {
  readonly comparisons: Readonly<Record<Kind, number>>
  readonly difference: Difference | undefined
}

export interface LoopOptions<Kind extends string, Result> {
  readonly kinds: readonly Kind[]
  readonly seed: number
  /** Comparisons to make; `undefined`: endless. */
  readonly count: number | undefined
  readonly threads: BatchOptions
  readonly onResult?: (result: Result) => void
}

/** Runs batches until there is a difference, enough was compared or Ctrl-C, and says how many. Returns the difference. */
export async function fuzzLoop<
  Kind extends string,
  Difference,
  Result extends LoopResult<Kind, Difference> = LoopResult<Kind, Difference>,
>({ kinds, seed, count, threads, onResult }: LoopOptions<Kind, Result>): Promise<Difference | undefined> {
  const comparisons = new Map(kinds.map((kind) => [kind, 0]))
  const total = () => [...comparisons.values()].reduce((sum, each) => sum + each, 0)
  const bar = count === undefined ? undefined : progressBar('comparisons', count)
  let difference: Difference | undefined
  let isInterrupted = false
  let reports = 0
  process.once('SIGINT', () => {
    isInterrupted = true
  })
  const started = performance.now()
  await runBatches<Result>(threads, (result) => {
    for (const kind of kinds) comparisons.set(kind, comparisons.get(kind)! + result.comparisons[kind])
    difference ??= result.difference
    onResult?.(result)
    bar?.update(total())
    if (!process.stderr.isTTY && total() >= (reports + 1) * REPORT_EVERY) say(`${++reports * REPORT_EVERY} comparisons`)
    return difference === undefined && !isInterrupted && (count === undefined || total() < count)
  })
  bar?.stop()
  const seconds = (performance.now() - started) / 1000
  const byKind = [...comparisons].map(([kind, number]) => `${kind} ${number}`).join(', ')
  const speed = `${Math.round(seconds)} s, ${Math.round(total() / seconds)} a second`
  say(`${total()} comparisons (${byKind}), seed ${seed}, differences ${difference === undefined ? 0 : 1}, ${speed}`)
  return difference
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Of an option of the command line. */
export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('expected a whole number')
  return Number(text)
}

export function newSeed(): number {
  return Math.floor(Math.random() * 2 ** 32)
}

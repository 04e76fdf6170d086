import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Command, InvalidArgumentError } from 'commander'
import { newSeed, say, wholeNumber } from '../fuzz/fuzz-loop.ts'
import { startDevNode } from '../support/dev-node.ts'
import { Random } from '../support/random.ts'
import { SoakLoad } from './load.ts'
import { growth, MemoryProbe, type MemorySample } from './memory.ts'

interface Options {
  readonly seed?: number
  readonly minutes: number
  readonly factor: number
  readonly share: number
  readonly json?: string
}

/** Then everything has run, and caches begin to fill; where there is less time, after a third of it. */
const WARM_MINUTES = 3

/** Of the main thread: in a larger one more garbage would wait to be collected, and look like memory that is needed. */
const HEAP_MEGABYTES = 192

const positive = (text: string): number => {
  const number = Number(text)
  if (!(number > 0)) throw new InvalidArgumentError('not a positive number')
  return number
}

const {
  seed = newSeed(),
  minutes,
  factor,
  share,
  json,
} = new Command('npm run soak --')
  .description('keeps a node busy, and looks whether it needs more and more memory')
  .option('--minutes <number>', 'how long', positive, 30)
  .option('--factor <number>', 'most memory at the end, as a multiple of what a warm node has', positive, 1.5)
  .option('--share <number>', 'of a processor, that node and clients may use', positive, 0.3)
  .option('--seed <number>', 'what is done follows from it (default: a new one)', wholeNumber)
  .option('--json <file>', 'where the figures are written, too')
  .parse()
  .opts<Options>()

const directory = mkdtempSync(join(tmpdir(), 'pavm-soak-'))
process.on('exit', () => rmSync(directory, { recursive: true, force: true }))
// A cache that has a bound, but is not full when the node is warm, would look like a leak.
process.env.PAVM_STORAGE_CACHE_MEGABYTES = '8'
process.env.SOAK_PROBE_FILE = join(directory, 'memory.json')
const nodeOptions = [`--import=${join(import.meta.dirname, 'probe.ts')}`, `--max-old-space-size=${HEAP_MEGABYTES}`]
process.env.NODE_OPTIONS = [process.env.NODE_OPTIONS ?? '', ...nodeOptions].join(' ')

say(`seed ${seed}, ${minutes} minutes`)
const samples = await soak()
const warm = samples.find(({ minute }) => minute >= Math.min(WARM_MINUTES, minutes / 3))!
const end = samples.at(-1)!
const grown = growth(warm, end)
const isGood = Math.max(...Object.values(grown)) <= factor
const figures = Object.entries(grown).map(([kind, ratio]) => `${kind} ${ratio}`)
say(`at the end times what it was after ${warm.minute} minutes: ${figures.join(', ')}; at most ${factor}`)
if (json !== undefined)
  writeFileSync(json, `${JSON.stringify({ seed, minutes, factor, growth: grown, samples }, null, 2)}\n`)
process.exitCode = isGood ? 0 : 1

/** Memory each minute, or, where there is less time, ten times. */
async function soak(): Promise<MemorySample[]> {
  await using node = await startDevNode('--quiet')
  const probe = new MemoryProbe({ pid: node.command.pid, file: process.env.SOAK_PROBE_FILE as string })
  const load = new SoakLoad(node, { random: new Random(seed) })
  await load.prepare()
  const interval = Math.min(1, minutes / 10)
  const startedAt = performance.now()
  const usedBefore = usedMs(probe)
  const elapsed = () => (performance.now() - startedAt) / 60_000
  const found: MemorySample[] = []
  try {
    while (elapsed() < minutes) {
      await load.step()
      // As much of the processor as is ours, taken from the beginning.
      const idleMs = (usedMs(probe) - usedBefore) / share - (performance.now() - startedAt)
      if (idleMs > 0) await sleep(Math.min(idleMs, 1_000))
      if (elapsed() >= interval * (found.length + 1)) found.push(report(await probe.sample(round(elapsed()))))
    }
  } finally {
    load.close()
    say([...load.done].map(([name, count]) => `${name} ${count}`).join(', '))
  }
  found.push(report(await probe.sample(round(elapsed()))))
  return found
}

function usedMs(probe: MemoryProbe): number {
  const { user, system } = process.cpuUsage()
  return probe.usedMs() + (user + system) / 1_000
}

function report(sample: MemorySample): MemorySample {
  const megabytes = (bytes: number): number => Math.round(bytes / 2 ** 20)
  const { minute, resident, mapped, heap, external } = sample
  const figures = { resident, mapped, heap, external }
  const text = Object.entries(figures).map(([kind, bytes]) => `${kind} ${megabytes(bytes)} MB`)
  say(`${minute} min: ${text.join(', ')}`)
  return sample
}

function round(minute: number): number {
  return Math.round(minute * 100) / 100
}

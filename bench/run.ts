import { writeFileSync } from 'node:fs'
import { Command, InvalidArgumentError } from 'commander'
import { measureBlock } from './block/block.ts'
import { measureCrypto } from './crypto.ts'
import { measureHostile } from './hostile.ts'
import { measureRecording } from './recording.ts'
import { measureReplay } from './replay.ts'
import { formatReport, machine, type Report } from './report.ts'
import { measureRpc } from './rpc.ts'
import { measureThreads } from './threads.ts'
import { measureTrie } from './trie.ts'
import { SIZES } from './vm/workloads.ts'
import { measureVm, PROGRAMS } from './vm.ts'

type Benchmark = (rounds: number | undefined) => Promise<readonly Report[]>

/** By name. A benchmark has rounds of its own where none are asked for. */
const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  recording: async (rounds = 101) => [await measureRecording({ transactions: 300, warmUps: 15, rounds })],
  replay: async (rounds = 15) => [await measureReplay({ transactions: 300, warmUps: 5, rounds, pools: [1, 2] })],
  vm: (rounds = 15) => measureVm({ ...VM, rounds }),
  threads: async (rounds = 15) => [await measureThreads({ ...THREADS, rounds })],
  block: (rounds = 9) => measureBlock({ ...BLOCK, rounds }),
  'small-blocks': measureSmallBlocks,
  hostile: async () => [await measureHostile()],
  rpc: (rounds = 7) => measureRpc({ ...RPC, rounds }),
  crypto: async (rounds = 21) => [await measureCrypto({ digests: 2_000, warmUps: 5, rounds })],
  trie: async (rounds = 31) => [await measureTrie({ ...TRIE, rounds })],
}

/** Fast runs are repeated for 60 ms in each of 15 rounds. */
const VM = { sizes: SIZES, warmUpMs: 1_000, turnMs: 60, coldRounds: 7, programs: PROGRAMS }

/** The smallest and the largest of the sizes that are measured in `npm run reproduce`. */
const THREADS = {
  sizes: {
    MatrixMul: [90, 210],
    MatrixAdd: [40, 80],
    Substring: [12_000, 28_000],
    Histogram: [30_000, 70_000],
    WordCount: [30_000, 70_000],
  },
  warmUpMs: 1_000,
  turnMs: 60,
}

const BLOCK = {
  transactions: 300,
  firstWarmUps: 100,
  warmUps: 5,
  pools: [1, 2],
  strategies: ['serial', 'groups', 'split', 'values'] as const,
  conflicts: [0, 0.25, 0.5, 0.75, 1],
}
const SMALL_BLOCKS = {
  ...BLOCK,
  pools: [2],
  firstWarmUps: 200,
  warmUps: 20,
  strategies: ['serial', 'split'] as const,
  conflicts: [0, 1],
  workloads: ['transfers', 'ERC-20'],
}
const RPC = {
  sizes: { calls: 100, sends: 30, batch: 100, logs: 10_000, blocks: 1_000, accounts: 10_000 },
  warmUps: 1,
  restMs: 4_000,
}
const TRIE = { transactions: 300, sizes: [1_000, 100_000], pools: [1, 2], warmUps: 12 }

const ALL = 'all'

const command = new Command('npm run bench --')
  .description('measures and prints tables')
  .argument('[names...]', `what to measure: ${Object.keys(BENCHMARKS).join(', ')}; ${ALL} (default)`, addName)
  .option('--json <file>', 'write the figures there as well')
  .option('--rounds <number>', 'rounds whose median is taken (default: each benchmark has its own)', wholeNumber)
  .parse()

// So that what was started is ended: a signal alone would skip that.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const [names = [ALL]] = command.processedArgs as [string[] | undefined]
const { json, rounds } = command.opts<{ json?: string; rounds?: number }>()
const reports: Record<string, readonly Report[]> = {}
console.log(`${machine()}\n`)
for (const name of names.includes(ALL) ? Object.keys(BENCHMARKS) : names) {
  reports[name] = await BENCHMARKS[name]!(rounds)
  for (const report of reports[name]) console.log(`${formatReport(report)}\n`)
}
if (json !== undefined) writeFileSync(json, `${JSON.stringify({ machine: machine(), reports }, undefined, 2)}\n`)

async function measureSmallBlocks(rounds = 61): Promise<readonly Report[]> {
  const reports: Report[] = []
  for (const transactions of [1, 3, 10, 30, 100]) {
    const [summary] = await measureBlock({ ...SMALL_BLOCKS, transactions, rounds })
    reports.push(summary!)
  }
  return reports
}

function addName(name: string, names: readonly string[] = []): string[] {
  if (name !== ALL && !Object.hasOwn(BENCHMARKS, name)) {
    throw new InvalidArgumentError(`There are: ${[...Object.keys(BENCHMARKS), ALL].join(', ')}.`)
  }
  return [...names, name]
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('Expected a whole number above 0.')
  return Number(text)
}

import type { ExecutionStrategy } from '../../execution/block/executor.ts'
import { SenderCache } from '../../execution/sender-cache.ts'
import { type Block, encodeBlock } from '../../primitives/block.ts'
import { recoverSender, transactionHash } from '../../primitives/transaction.ts'
import { type MeasureOptions, measureInTurns, median, type Subject, wallClock } from '../measure.ts'
import type { Report } from '../report.ts'
import { openWorkshop } from '../workloads.ts'
import { STAGES, Validation } from './validation.ts'
import { makeBlock, openSite, type Site, WORKLOADS } from './workloads.ts'

export interface WaysOptions extends MeasureOptions {
  /** Numbers of replay workers. */
  readonly pools: readonly number[]
  readonly strategies: readonly ExecutionStrategy[]
}

export interface BlockOptions extends WaysOptions {
  /** Rounds on a block of its own before anything else, not counted. */
  readonly firstWarmUps: number
  /** In each block. */
  readonly transactions: number
  /** Parts of the transactions that touch one place, 0 to 1. */
  readonly conflicts: readonly number[]
  /** Names of workloads; all of them where absent. */
  readonly workloads?: readonly string[] | undefined
}

/** Milliseconds of one way to take a block in. */
export interface Timing {
  readonly verdict: number
  readonly durable: number
  readonly cpu: number
  /** In the order of `STAGES`. */
  readonly stages: readonly number[]
}

/** By label, in the order in which they are shown. */
export type Timings = ReadonlyMap<string, Timing>

/** What nodes do when nobody tells them otherwise. */
const DEFAULT_STRATEGY = 'split'
/** Behind the label of a way that need not recover the senders. */
export const SENDERS_KNOWN = ', senders known'

/**
 * How long a validator takes for a block from its bytes to the verdict and to the disk, and where the time goes: first what
 * matters most, then everything.
 */
export async function measureBlock(options: BlockOptions): Promise<Report[]> {
  const { transactions, pools, conflicts, workloads = Object.keys(WORKLOADS) } = options
  const workshop = await openWorkshop({ accounts: transactions, pools })
  try {
    const site = await openSite(workshop)
    // Threads that have seen a hundred blocks run other code of V8's than those that have seen ten: the first rows would be worse.
    const { block } = await makeBlock(site, WORKLOADS['ERC-20']!, transactions, 0)
    await measureWays(block, site, { ...options, rounds: 1, warmUps: options.firstWarmUps })
    const measured: (readonly [name: string, Timings])[] = []
    for (const workload of workloads) {
      for (const conflict of conflicts) {
        const { block } = await makeBlock(site, WORKLOADS[workload]!, transactions, conflict)
        const timings = await measureWays(block, site, options)
        measured.push([`${workload}, conflict ${conflict * 100} %`, timings])
      }
    }
    return [summaryOf(measured, options), detailsOf(measured, options)]
  } finally {
    await workshop.lab.close()
  }
}

function summaryOf(measured: readonly (readonly [string, Timings])[], { transactions, pools }: BlockOptions): Report {
  const most = pools.at(-1)!
  const rows = measured.map(([name, timings]): Report['rows'][number] => {
    const serial = timings.get('serial')
    const one = timings.get(`${DEFAULT_STRATEGY}, 1`)
    const all = timings.get(`${DEFAULT_STRATEGY}, ${most}`)
    const serialKnown = timings.get(`serial${SENDERS_KNOWN}`)
    const allKnown = timings.get(`${DEFAULT_STRATEGY}, ${most}${SENDERS_KNOWN}`)
    return [
      name,
      serial?.verdict ?? '',
      one?.verdict ?? '',
      all?.verdict ?? '',
      ratio(serial?.verdict, all?.verdict),
      ratio(one?.verdict, all?.verdict),
      ratio(one?.durable, all?.durable),
      all?.durable ?? '',
      serialKnown?.verdict ?? '',
      allKnown?.verdict ?? '',
      ratio(serialKnown?.verdict, allKnown?.verdict),
      allKnown?.durable ?? '',
    ]
  })
  const workers = `${most} worker${most === 1 ? '' : 's'}`
  return {
    title: `Validation: blocks of ${transactions} transactions, ${DEFAULT_STRATEGY}, as nodes do by default`,
    columns: [
      'block',
      'serial',
      '1 worker',
      workers,
      `serial / ${workers}`,
      `1 / ${workers}`,
      'the same, durable',
      'durable',
      'known: serial',
      `known: ${workers}`,
      `known: serial / ${workers}`,
      'known: durable',
    ],
    rows,
    notes: [
      'Milliseconds until the verdict, and until the block is on disk. known: the pool has seen the transactions.',
    ],
  }
}

function ratio(of: number | undefined, by: number | undefined): string {
  return of === undefined || by === undefined ? '' : `${(of / by).toFixed(2)} x`
}

function detailsOf(measured: readonly (readonly [string, Timings])[], options: BlockOptions): Report {
  return {
    title: `Validation: blocks of ${options.transactions} transactions, all ways`,
    columns: ['block', 'executed', 'verdict ms', 'serial / this', 'durable ms', 'CPU ms', ...STAGES],
    rows: measured.flatMap(([name, timings]) =>
      [...timings].map(([label, { verdict, durable, cpu, stages }]): Report['rows'][number] => {
        const serial = timings.get(label.endsWith(SENDERS_KNOWN) ? `serial${SENDERS_KNOWN}` : 'serial')
        return [name, label, verdict, ratio(serial?.verdict, verdict), durable, cpu, ...stages]
      }),
    ),
    notes: [
      `Medians of ${options.rounds} rounds after ${options.warmUps} to warm up (${options.firstWarmUps} at the very beginning), wall time; each round takes the`,
      'block in once in every way and back again, in random order. Verdict: from the bytes of the block to all its claims checked.',
      'Durable: until it is on disk. Stages in ms. decode: bytes to block; rules: what needs no state; replay: from the executor to the',
      'last result of a thread; merge: to claims and state root checked; commit: the synced batch. CPU: of all threads, until the verdict.',
    ],
  }
}

/** Takes a child of the head in by every strategy on every pool, serially and as nodes do with senders known too. */
export async function measureWays(block: Block, { lab }: Pick<Site, 'lab'>, options: WaysOptions): Promise<Timings> {
  const bytes = encodeBlock(block)
  const senders = new SenderCache()
  for (const transaction of block.transactions) senders.add(transactionHash(transaction), recoverSender(transaction))
  const ways = options.strategies.flatMap((strategy) =>
    // Serial execution has one thread whatever the pool.
    (strategy === 'serial' ? options.pools.slice(0, 1) : options.pools).flatMap((workers) => {
      const label = strategy === 'serial' ? strategy : `${strategy}, ${workers}`
      const executor = lab.executor(strategy, workers)
      const way = (name: string, known: SenderCache) => ({
        label: name,
        validation: new Validation(name, bytes, executor, lab, known),
      })
      const unknown = way(label, new SenderCache())
      const isUsual = strategy === 'serial' || strategy === DEFAULT_STRATEGY
      return isUsual ? [unknown, way(`${label}${SENDERS_KNOWN}`, senders)] : [unknown]
    }),
  )
  const subjects: Subject[] = ways.map(({ validation }) => ({ steps: validation.steps }))
  const samples = await measureInTurns(subjects, options, wallClock)
  return new Map(
    ways.map(({ label, validation }) => [
      label,
      {
        verdict: median(validation.verdicts(samples)),
        durable: median(validation.durables(samples)),
        cpu: median(validation.cpu(samples)),
        stages: STAGES.map((stage) => median(validation.rounds(stage, samples))),
      },
    ]),
  )
}

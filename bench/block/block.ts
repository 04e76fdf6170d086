import type { ExecutionStrategy } from '../../execution/block/executor.ts'
import { SenderCache } from '../../execution/sender-cache.ts'
import { type Block, encodeBlock } from '../../primitives/block.ts'
import { recoverSender, transactionHash } from '../../primitives/transaction.ts'
import { type MeasureOptions, measureInTurns, median, type Subject, wallClock } from '../measure.ts'
import type { Report } from '../report.ts'
import { openWorkshop } from '../workloads.ts'
import { STAGES, Validation } from './validation.ts'
import { makeBlock, openSite, type Site, WORKLOADS } from './workloads.ts'

export interface BlockOptions extends MeasureOptions {
  /** In each block. */
  readonly transactions: number
  /** Numbers of replay workers. */
  readonly pools: readonly number[]
  readonly strategies: readonly ExecutionStrategy[]
  /** Parts of the transactions that touch one place, 0 to 1. */
  readonly conflicts: readonly number[]
  /** Names of workloads; all of them where absent. */
  readonly workloads?: readonly string[] | undefined
}

/** How long a validator takes for a block from its bytes to the verdict and to the disk, and where the time goes. */
export async function measureBlock(options: BlockOptions): Promise<Report> {
  const { transactions, pools, conflicts, workloads = Object.keys(WORKLOADS) } = options
  const workshop = await openWorkshop({ accounts: transactions, pools })
  try {
    const site = await openSite(workshop)
    const rows: Report['rows'][number][] = []
    for (const workload of workloads) {
      for (const conflict of conflicts) {
        const { block } = await makeBlock(site, WORKLOADS[workload]!, transactions, conflict)
        const name = `${workload}, conflict ${conflict * 100} %`
        rows.push(...(await measureWays(name, block, site, options)))
      }
    }
    return {
      title: `Validation: blocks of ${transactions} transactions`,
      columns: ['block', 'executed', 'verdict ms', 'serial / this', 'durable ms', 'CPU ms', ...STAGES],
      rows,
      notes: [
        `Medians of ${options.rounds} rounds after ${options.warmUps} to warm up, wall time; each round takes the block in once in every way`,
        'and back again, in random order. Verdict: from the bytes of the block to all its claims checked. Durable: until it is on disk.',
        'Stages in ms. decode: bytes to block; rules: what needs no state; replay: from the executor to the last result of a thread;',
        'merge: to claims and state root checked; commit: the synced batch. CPU: of all threads, until the verdict.',
        'Senders known: as when the pool has seen every transaction.',
      ],
    }
  } finally {
    await workshop.lab.close()
  }
}

const SENDERS_KNOWN = ', senders known'

async function measureWays(name: string, block: Block, { lab }: Site, options: BlockOptions) {
  const bytes = encodeBlock(block)
  const senders = new SenderCache()
  for (const transaction of block.transactions) senders.add(transactionHash(transaction), recoverSender(transaction))
  const ways = options.strategies.flatMap((strategy) =>
    // Serial execution has one thread whatever the pool.
    (strategy === 'serial' ? options.pools.slice(0, 1) : options.pools).flatMap((workers) =>
      [new SenderCache(), senders].map((known, isKnown) => {
        const label = `${strategy}${strategy === 'serial' ? '' : `, ${workers}`}${isKnown === 1 ? SENDERS_KNOWN : ''}`
        return { label, validation: new Validation(label, bytes, lab.executor(strategy, workers), lab, known) }
      }),
    ),
  )
  const subjects: Subject[] = ways.map(({ validation }) => ({ steps: validation.steps }))
  const samples = await measureInTurns(subjects, options, wallClock)
  const verdictOf = (wanted: string): number | undefined => {
    const way = ways.find(({ label }) => label === wanted)
    return way && median(way.validation.verdicts(samples))
  }
  return ways.map(({ label, validation }): Report['rows'][number] => {
    const serialMs = verdictOf(label.endsWith(SENDERS_KNOWN) ? `serial${SENDERS_KNOWN}` : 'serial')
    const verdict = median(validation.verdicts(samples))
    const durable = median(validation.durables(samples))
    const stages = STAGES.map((stage) => median(validation.rounds(stage, samples)))
    return [
      name,
      label,
      verdict,
      serialMs === undefined ? '' : `${(serialMs / verdict).toFixed(2)} x`,
      durable,
      median(validation.cpu(samples)),
      ...stages,
    ]
  })
}

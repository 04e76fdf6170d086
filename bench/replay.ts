import type { ExecutionStrategy } from '../execution/block/executor.ts'
import type { MadeBlock } from '../test/support/block-lab.ts'
import { type MeasureOptions, measureInTurns, median, type Step, wallClock } from './measure.ts'
import type { Report } from './report.ts'
import { openWorkshop, storeBlock, tokenBlock, type Workshop } from './workloads.ts'

export interface ReplayOptions extends MeasureOptions {
  /** In each block. */
  readonly transactions: number
  /** Numbers of replay workers. */
  readonly pools: readonly number[]
}

const STRATEGIES: readonly ExecutionStrategy[] = ['groups', 'split', 'values']
const CONFLICTS = [0, 0.5, 1]

/** How long validators take for a block, serially and by each strategy: time of the executor, without state root. */
export async function measureReplay(options: ReplayOptions): Promise<Report> {
  const workshop = await openWorkshop({ accounts: options.transactions, pools: options.pools })
  try {
    const blocks = [
      { name: 'ERC-20 transfers, distinct pairs', made: await tokenBlock(workshop, options.transactions) },
      ...(await storeBlocks(workshop, options.transactions)),
    ]
    const rows: Report['rows'][number][] = []
    for (const { name, made } of blocks) rows.push(...(await measureBlock(name, made, workshop, options)))
    return {
      title: `Replay: blocks of ${options.transactions} transactions`,
      columns: ['block', 'executed', 'ms', 'serial / this'],
      rows,
      notes: [
        `Medians of ${options.rounds} rounds after ${options.warmUps} to warm up; each round executes the block once in every way.`,
        'Wall time from handing the block to the executor until it has the receipts, access list, plan and diff: with recovery',
        'of senders and messages between threads, without state root and database writes.',
      ],
    }
  } finally {
    await workshop.lab.close()
  }
}

async function storeBlocks(workshop: Workshop, transactions: number): Promise<{ name: string; made: MadeBlock }[]> {
  const blocks: { name: string; made: MadeBlock }[] = []
  for (const conflict of CONFLICTS) {
    const name = `KeyValueStore, conflict ${conflict * 100} %`
    blocks.push({ name, made: await storeBlock(workshop, transactions, conflict) })
  }
  return blocks
}

async function measureBlock(
  name: string,
  { block }: MadeBlock,
  { lab }: Workshop,
  options: ReplayOptions,
): Promise<Report['rows']> {
  const parent = lab.node.chain.headContext()
  const step = (label: string, strategy: ExecutionStrategy, workers: number): Step => {
    const executor = lab.executor(strategy, workers)
    return { name: label, run: () => executor.execute(block, parent) }
  }
  const ways = [
    step('serial', 'serial', options.pools[0]!),
    ...options.pools.flatMap((workers) =>
      STRATEGIES.map((strategy) =>
        step(`${strategy}, ${workers} ${workers === 1 ? 'worker' : 'workers'}`, strategy, workers),
      ),
    ),
  ]
  const subjects = ways.map((each) => ({ steps: [each] }))
  const samples = await measureInTurns(subjects, options, wallClock)
  const serial = median(samples.get('serial')!)
  return ways.map((way) => {
    const us = median(samples.get(way.name)!)
    return [name, way.name, us / 1_000, `${(serial / us).toFixed(2)} x`] as const
  })
}

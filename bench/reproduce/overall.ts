import { SenderCache } from '../../execution/sender-cache.ts'
import { encodeBlock } from '../../primitives/block.ts'
import { decodeTransaction, encodeTransaction, recoverSender, transactionHash } from '../../primitives/transaction.ts'
import type { MadeBlock } from '../../test/support/block-lab.ts'
import { Validation } from '../block/validation.ts'
import { measureInTurns, median, wallClock } from '../measure.ts'
import { type BlockSite, type BlockWorkloadName, blockOf } from './block-site.ts'
import { digits, type OnStep, type Section, times } from './section.ts'
import type { Sizes } from './sizes.ts'

/** Milliseconds of the stages of a block's way. */
export interface OverallFigures {
  readonly workload: BlockWorkloadName
  readonly transactions: number
  /** Decoding the transactions and recovering their senders. */
  readonly pool: number
  /** Serial execution by the miner, with sets, groups, state root and header. */
  readonly build: number
  /** From the block's bytes to the disk of a validator, that executes serially and in parallel. */
  readonly serial: number
  readonly parallel: number
}

export async function measureOverall(
  site: BlockSite,
  sizes: Sizes,
  onStep: OnStep,
): Promise<readonly OverallFigures[]> {
  const { workloads, transactions } = sizes.blocks
  const figures: OverallFigures[] = []
  for (const workload of workloads) {
    const made = await blockOf(site, workload, transactions)
    figures.push({ workload, transactions, ...(await measureWay(site, made, sizes)) })
    onStep()
  }
  return figures
}

async function measureWay(
  { lab }: BlockSite,
  { block }: MadeBlock,
  { blocks }: Sizes,
): Promise<Omit<OverallFigures, 'workload' | 'transactions'>> {
  const raw = block.transactions.map(encodeTransaction)
  const bytes = encodeBlock(block)
  let senders = new SenderCache()
  const pool = (): void => {
    senders = new SenderCache()
    for (const transaction of raw.map(decodeTransaction))
      senders.add(transactionHash(transaction), recoverSender(transaction))
  }
  const build = async (): Promise<Uint8Array> => {
    lab.knownSenders = senders
    return encodeBlock((await lab.build(block.transactions)).block)
  }
  pool()
  const [serial, parallel] = (['serial', 'split'] as const).map((strategy) => {
    return new Validation(strategy, bytes, lab.executor(strategy, strategy === 'serial' ? 1 : 2), lab, senders)
  })
  const mining = [
    { name: 'pool', run: pool },
    { name: 'build', run: build },
  ]
  const subjects = [{ steps: mining }, { steps: serial!.steps }, { steps: parallel!.steps }]
  const samples = await measureInTurns(subjects, blocks, wallClock)
  const msOf = (name: string): number => median(samples.get(name)!) / 1_000
  return {
    pool: msOf('pool'),
    build: msOf('build'),
    serial: median(serial!.durables(samples)),
    parallel: median(parallel!.durables(samples)),
  }
}

export function overallSection(figures: readonly OverallFigures[]): Section {
  const { transactions } = figures[0]!
  const overall = ({ pool, build }: OverallFigures, validation: number): number => pool + build + validation
  return {
    title: 'Overall latency',
    paragraphs: [
      `From ${transactions} transactions handed to a node until their block is on the disk of a validator: the pool decodes them and recovers senders,`,
      'the miner executes them one after the other, records and groups, and makes the block; the validator, who has senders from its own pool,',
      'takes it in from its bytes. The network, the wait for the next block and the seal are left out: they are settings, not work.',
    ],
    charts: [
      {
        kind: 'bar',
        file: 'overall',
        title: `Overall latency of ${transactions} transactions`,
        xLabel: 'workload',
        yLabel: 'ms',
        groups: figures.map(({ workload }) => workload),
        bars: [
          { name: 'serial validator', values: figures.map((each) => overall(each, each.serial)) },
          { name: 'validator, 2 workers', values: figures.map((each) => overall(each, each.parallel)) },
        ],
      },
    ],
    reports: [
      {
        title: 'Overall latency, ms',
        columns: [
          'workload',
          'pool',
          'miner',
          'validator, serial',
          'validator, 2 workers',
          'overall, serial',
          'overall, 2 workers',
          'serial / 2 workers',
        ],
        rows: figures.map((each) => {
          const { workload, pool, build, serial, parallel } = each
          const sums = [overall(each, serial), overall(each, parallel)] as const
          return [workload, ...[pool, build, serial, parallel, ...sums].map(digits), times(sums[0] / sums[1])] as const
        }),
        notes: [],
        figures: { unit: 'milliseconds', workloads: figures },
      },
    ],
  }
}

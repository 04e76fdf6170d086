import type { ChainConfig } from '../config/chain.ts'
import { assembleBlock } from '../execution/block/assemble.ts'
import type { BlockOutcome } from '../execution/block/outcome.ts'
import { executeSerially } from '../execution/block/serial.ts'
import { CachingView } from '../execution/parallel/caching-view.ts'
import { environmentOf, recentBlockHash } from '../execution/parallel/environment.ts'
import { blockAccessListHash, encodeBlockAccessList } from '../primitives/block-access-list.ts'
import { encodePlan } from '../primitives/plan.ts'
import { recoverSender } from '../primitives/transaction.ts'
import { updateState } from '../storage/trie/state-trie.ts'
import type { MadeBlock } from '../test/support/block-lab.ts'
import { type MeasureOptions, measureInTurns, median, medianDifference, type Subject, threadClock } from './measure.ts'
import { percent, type Report } from './report.ts'
import { openWorkshop, tokenBlock, type Workshop } from './workloads.ts'

export interface RecordingOptions extends MeasureOptions {
  /** Transfers in the block. */
  readonly transactions: number
}

/** What the plan of a block costs its miner: in time beside the serial execution of the block, and in bytes. */
export async function measureRecording(options: RecordingOptions): Promise<Report> {
  const workshop = await openWorkshop({ accounts: options.transactions, pools: [1] })
  try {
    return await measure(workshop, options)
  } finally {
    await workshop.lab.close()
  }
}

async function measure(workshop: Workshop, options: RecordingOptions): Promise<Report> {
  const made = await tokenBlock(workshop, options.transactions)
  const samples = await measureInTurns(subjectsOf(workshop, made), options, threadClock())
  const of = (name: keyof ReturnType<typeof stepsOf>) => median(samples[name]!)
  const recording = medianDifference(samples.record!, samples.execute!)
  const planning = medianDifference(samples.assembleWithPlan!, samples.assemble!)
  const serial = of('recover') + of('execute') + of('assemble') + of('stateRoot')
  const cost = recording + planning + of('encodePlan')
  const ms = (us: number) => us / 1_000
  const row = (name: string, us: number): Report['rows'][number] => [
    name,
    ms(us),
    percent(us, serial),
    percent(us, of('execute')),
  ]
  return {
    title: `Recording: a block of ${options.transactions} ERC-20 transfers between distinct pairs`,
    columns: ['', 'ms', 'of serial execution', 'of bare EVM execution'],
    rows: [
      row('**recording + grouping** (a + b + c)', cost),
      row('a. recording reads, writes and operations hashes', recording),
      row('b. access list, sets, groups; longer receipts', planning),
      row('c. encoding the plan', of('encodePlan')),
      row('hash of the access list (EIP-7928), not counted above', of('hashList')),
      row('**serial execution without plan** (d + e + f + g)', serial),
      row('d. recovery of senders', of('recover')),
      row('e. bare EVM execution, state from LevelDB', of('execute')),
      row('f. receipts, bloom, receipts root, diff', of('assemble')),
      row('g. state root', of('stateRoot')),
      ['plan, bytes', made.block.header.plan!.length, '', ''],
      ['access list, bytes', listBytes(made), '', ''],
    ],
    notes: [
      `Medians of ${options.rounds} rounds after ${options.warmUps} to warm up; each round does every step once. CPU time of the`,
      'thread. a and b are medians of the differences to the same step without plan, in the same round.',
    ],
  }
}

/** Each step of making the block, with and without what the plan needs. */
function stepsOf({ lab }: Workshop, { block, processed }: MadeBlock) {
  const { chain, genesis, states } = lab.node
  const { config } = genesis
  const { header, transactions } = block
  const parent = chain.headContext()
  const environment = environmentOf(header, config, recentBlockHash(header.number, parent.recentHashes))
  const senders = transactions.map((transaction) => recoverSender(transaction))
  // A view of its own for each run, as in the worker: nothing is remembered from the last one.
  const execute = (record: boolean): BlockOutcome =>
    executeSerially(
      { environment, parentHash: parent.hash, transactions, senders, withdrawals: [], ommers: [], record },
      { view: new CachingView(states.headView()) },
    )
  const plain = execute(false)
  const recorded = execute(true)
  const assemble = (outcome: BlockOutcome, hasPlan: boolean) =>
    assembleBlock(
      outcome,
      { ...assembleOptions(block, config), rules: environment.rules, hasPlan },
      { parent: states.headView() },
    )
  const { plan, accessList, diff } = processed.executed
  return {
    recover: () => transactions.map((transaction) => recoverSender(transaction)),
    execute: () => execute(false),
    record: () => execute(true),
    assemble: () => assemble(plain, false),
    assembleWithPlan: () => assemble(recorded, true),
    encodePlan: () => encodePlan(plan!),
    hashList: () => blockAccessListHash(accessList!),
    stateRoot: () => updateState(parent.header.stateRoot, diff, states.nodes),
  }
}

function subjectsOf(workshop: Workshop, made: MadeBlock): Subject[] {
  return Object.entries(stepsOf(workshop, made)).map(([name, run]) => ({ name, run }))
}

function assembleOptions({ header, transactions }: MadeBlock['block'], { depositContractAddress }: ChainConfig) {
  return {
    gasLimit: header.gasLimit,
    transactions,
    depositContract: depositContractAddress,
    timeline: { strategy: 'serial', workers: 1, durationUs: 0, entries: [] },
  } as const
}

function listBytes({ block }: MadeBlock): number {
  return encodeBlockAccessList(block.accessList!).length
}

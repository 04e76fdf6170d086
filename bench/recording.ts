import type { ChainConfig } from '../config/chain.ts'
import { AccessListBuilder } from '../execution/block/access-list-builder.ts'
import { assembleBlock } from '../execution/block/assemble.ts'
import type { ExecutedBlock } from '../execution/block/executor.ts'
import { groupTransactions } from '../execution/block/grouping.ts'
import type { BlockOutcome } from '../execution/block/outcome.ts'
import { executeSerially } from '../execution/block/serial.ts'
import { CachingView } from '../execution/parallel/caching-view.ts'
import { environmentOf, recentBlockHash } from '../execution/parallel/environment.ts'
import { blockAccessListHash, encodeBlockAccessList } from '../primitives/block-access-list.ts'
import type { Address } from '../primitives/hex.ts'
import { encodePlan } from '../primitives/plan.ts'
import { recoverSender } from '../primitives/transaction.ts'
import type { StateView } from '../storage/state-view.ts'
import { updateState } from '../storage/trie/state-trie.ts'
import type { MadeBlock } from '../test/support/block-lab.ts'
import {
  collectGarbage,
  type MeasureOptions,
  measureInTurns,
  median,
  medianDifference,
  type Subject,
  sumOf,
  threadClock,
} from './measure.ts'
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
  const rounds = (...names: readonly string[]) => sumOf(samples, ...names)
  const serial = median(rounds('recover', 'execute', 'assemble', 'stateRoot'))
  const bare = median(rounds('execute'))
  const row = (name: string, us: number): Report['rows'][number] => {
    return [name, us / 1_000, percent(us, serial), percent(us, bare)]
  }
  const costOf = (longer: readonly string[], ...shorter: readonly string[]) =>
    medianDifference(rounds(...longer), rounds(...shorter))
  return {
    title: `Recording: a block of ${options.transactions} ERC-20 transfers between distinct pairs`,
    columns: ['', 'ms', 'of serial execution', 'of bare EVM execution'],
    rows: [
      row('**recording + grouping**', costOf(['record'], 'execute') + median(rounds('group'))),
      row('recording reads, writes and operations hashes', costOf(['record'], 'execute')),
      row('grouping', median(rounds('group'))),
      row('**all that a plan costs**, recording and grouping with it', costOf(PLANNED, ...PLAIN)),
      row('access list, sets, groups; longer receipts', costOf(['assembleWithPlan'], 'assemble')),
      row('encoding the plan', median(rounds('encodePlan'))),
      row('garbage, besides', costOf(['collectWithPlan'], 'collect')),
      row('hash of the access list (EIP-7928), besides', median(rounds('hashList'))),
      row('**serial execution without plan**', serial),
      row('recovery of senders', median(rounds('recover'))),
      row('bare EVM execution, state from LevelDB', bare),
      row('receipts, bloom, receipts root, diff', median(rounds('assemble'))),
      row('state root', median(rounds('stateRoot'))),
      ['plan, bytes', made.block.header.plan!.length, '', ''],
      ['access list, bytes', encodeBlockAccessList(made.block.accessList!).length, '', ''],
    ],
    notes: [
      `Medians of ${options.rounds} rounds after ${options.warmUps} to warm up, CPU time of the thread. Each round makes the block`,
      'once without and once with a plan, in random order, each with the heap’s new part empty; costs are medians of the',
      'differences within a round. "Garbage" is what the collector has to do after the block more than after one without plan.',
    ],
  }
}

/** Microseconds of CPU time. */
export interface RecordingCosts {
  /** Of reads, writes and the operations hashes. */
  readonly recording: number
  readonly grouping: number
  /** Execution alone, nothing recorded. */
  readonly bare: number
  /** All that a node does for the block one after the other, without a plan. */
  readonly serial: number
}

/** What recording and grouping cost the miner of a block, which is a child of the head. */
export async function recordingCosts(
  workshop: Pick<Workshop, 'lab'>,
  made: MadeBlock,
  options: MeasureOptions,
): Promise<RecordingCosts> {
  const samples = await measureInTurns(subjectsOf(workshop, made), options, threadClock())
  const rounds = (...names: readonly string[]) => sumOf(samples, ...names)
  return {
    recording: medianDifference(rounds('record'), rounds('execute')),
    grouping: median(rounds('group')),
    bare: median(rounds('execute')),
    serial: median(rounds('recover', 'execute', 'assemble', 'stateRoot')),
  }
}

/** Steps that are dearer with a plan, and the same without. */
const PLANNED = ['record', 'assembleWithPlan', 'encodePlan']
const PLAIN = ['execute', 'assemble']

/** The block made without a plan, and with one: everything that a miner does but the seal and the database. */
function subjectsOf({ lab }: Pick<Workshop, 'lab'>, { block, processed }: MadeBlock): Subject[] {
  const { chain, genesis, states } = lab.node
  const { config } = genesis
  const { header, transactions } = block
  const parent = chain.headContext()
  const environment = environmentOf(header, config, recentBlockHash(header.number, parent.recentHashes))
  const recover = (): Address[] => transactions.map((transaction) => recoverSender(transaction))
  const senders = recover()
  const execute = (record: boolean): Execution => {
    // As in the worker: what executing read of the parent is remembered for assembling, and not for the next block.
    const view = new CachingView(states.headView())
    const options = { environment, parentHash: parent.hash, transactions, senders, withdrawals: [], ommers: [], record }
    return { view, outcome: executeSerially(options, { view }) }
  }
  const assemble = ({ outcome, view }: Execution, hasPlan: boolean): ExecutedBlock => {
    const options = { ...assembleOptions(block, config), rules: environment.rules, hasPlan }
    return assembleBlock(outcome, options, { parent: view })
  }
  const { sets, locationCount } = numberedSets(execute(true).outcome, senders)
  const updateRoot = () => updateState(parent.header.stateRoot, processed.executed.diff, states.nodes)
  let execution: Execution
  let executed: ExecutedBlock
  return [
    {
      steps: [
        { name: 'recover', run: recover },
        { name: 'execute', run: () => (execution = execute(false)) },
        { name: 'assemble', run: () => (executed = assemble(execution, false)) },
        { name: 'stateRoot', run: updateRoot },
        { name: 'collect', run: collectGarbage },
      ],
    },
    {
      steps: [
        { name: 'recover again', run: recover },
        { name: 'record', run: () => (execution = execute(true)) },
        { name: 'assembleWithPlan', run: () => (executed = assemble(execution, true)) },
        { name: 'group', run: () => groupTransactions(sets, locationCount) },
        { name: 'encodePlan', run: () => encodePlan(executed.plan!) },
        { name: 'hashList', run: () => blockAccessListHash(executed.accessList!) },
        { name: 'stateRoot again', run: updateRoot },
        { name: 'collectWithPlan', run: collectGarbage },
      ],
    },
  ]
}

/** What `assembleBlock` groups by. The balances do not matter to it. */
function numberedSets({ before, transactions, after }: BlockOutcome, senders: readonly Address[]) {
  const builder = new AccessListBuilder()
  for (const step of [before, ...transactions, after]) builder.add(step, () => 0n)
  const { locationCount } = builder.build()
  return { locationCount, sets: senders.map((sender, index) => builder.setsOf(index + 1, sender)) }
}

interface Execution {
  readonly outcome: BlockOutcome
  readonly view: StateView
}

function assembleOptions({ header, transactions }: MadeBlock['block'], { depositContractAddress }: ChainConfig) {
  return {
    gasLimit: header.gasLimit,
    transactions,
    depositContract: depositContractAddress,
    timeline: { strategy: 'serial', workers: 1, durationUs: 0, entries: [] },
  } as const
}

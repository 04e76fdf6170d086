import { rulesAt } from '../../config/chain.ts'
import type { Block } from '../../primitives/block.ts'
import type { Header } from '../../primitives/header.ts'
import { transactionHash } from '../../primitives/transaction.ts'
import type { StateDiff } from '../../storage/state-view.ts'
import { assembleBlock } from '../block/assemble.ts'
import { BlockError } from '../block/block-error.ts'
import { claimedDiff } from '../block/claimed-block.ts'
import type {
  BlockExecutor,
  ExecutedBlock,
  OnClaimedDiff,
  ParentContext,
  ReplayStrategy,
  Timeline,
} from '../block/executor.ts'
import { findFalseClaim } from '../block/false-claim.ts'
import { IndexedAccessList } from '../block/indexed-list.ts'
import type { BlockOutcome, SystemOutcome } from '../block/outcome.ts'
import type { KnownSenders } from '../sender-cache.ts'
import { claimedPlan } from './claimed-plan.ts'
import { claimedResult } from './claimed-result.ts'
import { shareInput } from './replay-input.ts'
import type { ReplayOrder, ReplayPool } from './replay-pool.ts'
import { ReplayRecord } from './replay-record.ts'
import { estimateWork, LEAST_REPLAY_US, schedule, usefulWorkers } from './scheduler.ts'
import type { SerialThread } from './serial-tasks.ts'
import type { ThreadState } from './thread-state.ts'
import { executionTimeLimit } from './time-limit.ts'

export interface ReplayExecutorOptions {
  readonly strategy: ReplayStrategy
  /** Microseconds of work that make one more worker worth while; 0: all take part in every block. */
  readonly leastShareUs?: number | undefined
}

export interface ReplayExecutorModules {
  readonly pool: Pick<ReplayPool, 'size' | 'workers' | 'replay'>
  /** For what the pool cannot do. */
  readonly serial: SerialThread
  /** For blocks that are done sooner without replay; absent: there are none. */
  readonly smallBlocks?: BlockExecutor | undefined
  /** The database as this thread reads it, and the others do as well. */
  readonly state: () => Promise<ThreadState>
  readonly senders: KnownSenders
}

/**
 * Replays blocks on the pool. Every transaction runs on what the block claims of those before it, so what comes out is true
 * if the claims are; the threads compare the two step by step. Where all is as claimed, the block's own list and plan
 * are the result. Where not, what the steps did is put together as in serial execution, and whoever asked compares that
 * with the claims (`checkClaims`). A block that cannot be executed on its own claims is invalid, and is refused here with
 * the lie that is to blame.
 */
export class ReplayExecutor implements BlockExecutor {
  readonly strategy: ReplayStrategy
  readonly #leastShareUs: number | undefined
  readonly #modules: ReplayExecutorModules

  constructor({ strategy, leastShareUs }: ReplayExecutorOptions, modules: ReplayExecutorModules) {
    this.strategy = strategy
    this.#leastShareUs = leastShareUs
    this.#modules = modules
  }

  async execute(block: Block, parent: ParentContext, onClaimedDiff: OnClaimedDiff = () => {}): Promise<ExecutedBlock> {
    const { pool, senders, smallBlocks } = this.#modules
    const startNs = process.hrtime.bigint()
    const plan = claimedPlan(block)
    const known = block.transactions.map((transaction) => senders.get(transactionHash(transaction)))
    const unknown = known.filter((sender) => sender === undefined).length
    const workUs = estimateWork(plan, unknown)
    if (smallBlocks !== undefined && workUs < LEAST_REPLAY_US) return await smallBlocks.execute(block, parent)
    const workers = usefulWorkers(workUs, pool.size, this.#leastShareUs)
    const bundles = schedule(plan, this.strategy, workers)
    const record = new ReplayRecord({ plan, bundles, gasLimit: block.header.gasLimit, startNs })
    const thread = await this.#modules.state()
    const state = thread.after({ hash: parent.hash, stateRoot: parent.header.stateRoot })
    try {
      const accessList = new IndexedAccessList(block.accessList ?? [], { parent: state.source })
      const marks = new SharedArrayBuffer(accessList.locationCount)
      // The threads work, and this one meanwhile on what the block claims.
      const input = shareInput({ strategy: this.strategy, block, parent, bundles, senders: known })
      const order = { job: { input, marks }, bundles: bundles.length, workers }
      const replay = this.#replay(order, block.header, record)
      const claim = async (): Promise<StateDiff> => {
        const diff = claimedDiff(accessList)
        onClaimedDiff(diff)
        return diff
      }
      const [diff] = await Promise.all([claim(), replay])

      const rules = rulesAt(thread.chain, block.header.number, block.header.timestamp)
      const timeline = this.#timeline(record, workers, startNs)
      const options = { block, plan, rules, chain: thread.chain, timeline }
      const claimed = claimedResult(record, { accessList, diff, marks: new Uint8Array(marks) }, options)
      if (claimed !== undefined) return claimed
      const { gasLimit } = block.header
      const { depositContractAddress: depositContract } = thread.chain
      const assembly = { rules, hasPlan: true, gasLimit, depositContract, timeline }
      return assembleRecord(block, record, (outcome) => {
        const transactions = block.transactions.slice(0, outcome.transactions.length)
        return assembleBlock(outcome, { ...assembly, transactions }, { parent: state.view })
      })
    } finally {
      state.close()
    }
  }

  #replay(
    order: Pick<ReplayOrder, 'job' | 'bundles' | 'workers'>,
    { gasLimit }: Header,
    record: ReplayRecord,
  ): Promise<void> {
    const { pool, serial } = this.#modules
    const timeoutMs = executionTimeLimit(gasLimit)
    return pool.replay({
      ...order,
      timeoutMs,
      accept: (result, worker) => record.accept(result, worker),
      rescue: (job, bundle) => serial.run('rescue', { job, bundle }, timeoutMs),
    })
  }

  #timeline(record: ReplayRecord, workers: number, startNs: bigint): Timeline {
    const durationUs = Number((process.hrtime.bigint() - startNs) / 1000n)
    const cores = new Map(this.#modules.pool.workers().map(({ index, core }) => [index, core]))
    const entries = record.entries.map((entry) => ({ ...entry, core: cores.get(entry.worker) }))
    return { strategy: this.strategy, workers, durationUs, entries }
  }
}

const NOTHING: SystemOutcome = { reads: new Map(), writes: new Map(), credits: new Map(), requests: [] }

/** The block from what its replay recorded. Throws BlockError when the replay met something that no valid block has. */
function assembleRecord(
  block: Block,
  record: ReplayRecord,
  assemble: (outcome: BlockOutcome) => ExecutedBlock,
): ExecutedBlock {
  const { stop } = record
  const before = record.before?.outcome
  const after = record.after?.outcome
  const transactions = record
    .transactionsBefore(stop?.index ?? block.transactions.length)
    ?.map((transaction) => transaction.outcome())
  if (stop !== undefined) {
    if (before === undefined || transactions === undefined) throw stop.verdict
    throw findFalseClaim(block, assemble({ before, transactions, after: NOTHING }), stop) ?? stop.verdict
  }
  if (before === undefined || transactions === undefined || after === undefined) {
    throw new BlockError('gas-used-above-limit', 'the transactions use more gas than the block has', {
      limit: block.header.gasLimit,
    })
  }
  return assemble({ before, transactions, after })
}

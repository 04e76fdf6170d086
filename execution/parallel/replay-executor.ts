import { rulesAt } from '../../config/chain.ts'
import type { Block } from '../../primitives/block.ts'
import { encodeBlockAccessList } from '../../primitives/block-access-list.ts'
import { encodeTransaction } from '../../primitives/transaction.ts'
import { assembleBlock } from '../block/assemble.ts'
import { BlockError } from '../block/block-error.ts'
import type { BlockExecutor, ExecutedBlock, ParentContext, ReplayStrategy, Timeline } from '../block/executor.ts'
import { findFalseClaim } from '../block/false-claim.ts'
import type { BlockOutcome, SystemOutcome } from '../block/outcome.ts'
import { claimedPlan } from './claimed-plan.ts'
import type { ReplayPool } from './replay-pool.ts'
import { ReplayRecord } from './replay-record.ts'
import { schedule } from './scheduler.ts'
import type { SerialThread } from './serial-tasks.ts'
import { shareBytes } from './shared-bytes.ts'
import type { ThreadState } from './thread-state.ts'
import { executionTimeLimit } from './time-limit.ts'

export interface ReplayExecutorModules {
  readonly pool: Pick<ReplayPool, 'size' | 'workers' | 'replay'>
  /** For what the pool cannot do. */
  readonly serial: SerialThread
  /** The database as this thread reads it. */
  readonly state: () => Promise<ThreadState>
}

/**
 * Replays blocks on the pool. Every transaction runs on what the block claims of those before it, so what comes out is true
 * if the claims are; whoever asked compares the two (`checkClaims`). A block that cannot be executed on its own
 * claims is invalid, and is refused here with the lie that is to blame.
 */
export class ReplayExecutor implements BlockExecutor {
  readonly strategy: ReplayStrategy
  readonly #modules: ReplayExecutorModules

  constructor({ strategy }: { readonly strategy: ReplayStrategy }, modules: ReplayExecutorModules) {
    this.strategy = strategy
    this.#modules = modules
  }

  async execute(block: Block, parent: ParentContext): Promise<ExecutedBlock> {
    const { pool } = this.#modules
    const startNs = process.hrtime.bigint()
    const plan = claimedPlan(block)
    const bundles = schedule(plan, this.strategy, pool.size)
    const record = new ReplayRecord({ plan, bundles, gasLimit: block.header.gasLimit, startNs })
    await this.#replay(block, parent, bundles, record)
    const timeline = this.#timeline(record, startNs)

    const thread = await this.#modules.state()
    const state = thread.after({ hash: parent.hash, stateRoot: parent.header.stateRoot })
    try {
      const rules = rulesAt(thread.chain, block.header.number, block.header.timestamp)
      const { depositContractAddress: depositContract } = thread.chain
      const assemble = (outcome: BlockOutcome) =>
        assembleBlock(
          outcome,
          {
            rules,
            hasPlan: true,
            gasLimit: block.header.gasLimit,
            transactions: block.transactions.slice(0, outcome.transactions.length),
            depositContract,
            timeline,
          },
          { parent: state.view },
        )
      return assembleRecord(block, record, assemble)
    } finally {
      state.close()
    }
  }

  async #replay(
    block: Block,
    parent: ParentContext,
    bundles: ReturnType<typeof schedule>,
    record: ReplayRecord,
  ): Promise<void> {
    const { pool, serial } = this.#modules
    const { header, transactions, withdrawals = [], accessList = [] } = block
    const timeoutMs = executionTimeLimit(header.gasLimit)
    await pool.replay({
      job: {
        strategy: this.strategy,
        header,
        withdrawals,
        parent,
        bytes: shareBytes([...transactions.map(encodeTransaction), encodeBlockAccessList(accessList)]),
        bundles,
      },
      timeoutMs,
      accept: (result, worker) => record.accept(result, worker),
      rescue: (job, bundle) => serial.run('rescue', { job, bundle }, timeoutMs),
    })
  }

  #timeline(record: ReplayRecord, startNs: bigint): Timeline {
    const durationUs = Number((process.hrtime.bigint() - startNs) / 1000n)
    const cores = new Map(this.#modules.pool.workers().map(({ index, core }) => [index, core]))
    const entries = record.entries.map((entry) => ({ ...entry, core: cores.get(entry.worker) }))
    return { strategy: this.strategy, workers: this.#modules.pool.size, durationUs, entries }
  }
}

const NOTHING: SystemOutcome = { reads: new Map(), writes: new Map(), credits: new Map(), requests: [] }

/** The block from what its replay recorded. Throws BlockError when the replay met something that no valid block has. */
function assembleRecord(
  block: Block,
  record: ReplayRecord,
  assemble: (outcome: BlockOutcome) => ExecutedBlock,
): ExecutedBlock {
  const { before, after, stop } = record
  const transactions = record.outcomesBefore(stop?.index ?? block.transactions.length)
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

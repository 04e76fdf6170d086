import { blockAccessListFromRlpItem } from '../../primitives/block-access-list.ts'
import type { Address } from '../../primitives/hex.ts'
import { decodePlan } from '../../primitives/plan.ts'
import { decodeRlp } from '../../primitives/rlp.ts'
import { decodeTransaction } from '../../primitives/transaction.ts'
import type { StateView } from '../../storage/state-view.ts'
import type { BlockEnvironment } from '../block/environment.ts'
import { invalidTransaction } from '../block/invalid-transaction.ts'
import { IndexedAccessList } from '../block/list-view.ts'
import type { SystemOutcome, TransactionOutcome } from '../block/outcome.ts'
import { WorldState } from '../state/world-state.ts'
import { applyTransaction } from '../transaction/apply.ts'
import { runAfterBlock, runBeforeBlock } from '../transaction/system-calls.ts'
import { TransactionError } from '../transaction/transaction-error.ts'
import { ClaimsBoard } from './claims-board.ts'
import { environmentOf, recentBlockHash } from './environment.ts'
import { ExecutionError } from './execution-error.ts'
import { toPlainError } from './plain-error.ts'
import type { ReplayFailure, ReplayJob, RunResult } from './protocol.ts'
import { senderInBlock } from './recover-sender.ts'
import type { OpenJob } from './run-bundle.ts'
import type { Run } from './scheduler.ts'
import { readShared } from './shared-bytes.ts'
import type { FixedState, ThreadState } from './thread-state.ts'

/** What a run gives but for its times. */
type RunOutcome = Omit<RunResult, 'run' | 'startNs' | 'durationNs'>

/** Everything that the runs of one job share in one thread. */
interface JobContext {
  readonly environment: BlockEnvironment
  readonly accessList: IndexedAccessList
  readonly state: FixedState
  /** Gas that the plan claims of each transaction. */
  readonly claimedGas: readonly bigint[]
}

/**
 * A job on this thread. A run sees the state before its first transaction as the access list claims it, whatever other
 * threads have found so far, and then what its own transactions did: so runs need nothing from one another.
 */
export class ReplayWork implements OpenJob {
  readonly #job: ReplayJob
  readonly #thread: ThreadState
  readonly #board: ClaimsBoard
  #context: JobContext | undefined

  constructor(job: ReplayJob, modules: { readonly thread: ThreadState }) {
    this.#job = job
    this.#board = new ClaimsBoard(job.board)
    this.#thread = modules.thread
  }

  get isWanted(): boolean {
    return !this.#board.isCancelled
  }

  run(run: Run, index: number): RunResult {
    const startNs = process.hrtime.bigint()
    const outcome = this.#runSafely(run)
    return { run: index, startNs, durationNs: process.hrtime.bigint() - startNs, ...outcome }
  }

  close(): void {
    this.#context?.state.close()
    this.#context = undefined
  }

  #runSafely(run: Run): RunOutcome {
    try {
      // Opened by the first run and not before: its failure is then that run's.
      this.#context ??= this.#open()
      return run.step === 'transactions'
        ? this.#runTransactions(run, this.#context)
        : { transactions: [], usesOtherGas: false, system: this.#runSystem(run.step, this.#context) }
    } catch (error) {
      return { transactions: [], usesOtherGas: false, failure: { sender: undefined, error: toPlainError(error) } }
    }
  }

  #open(): JobContext {
    const { header, parent, bytes } = this.#job
    const list = decodeRlp(readShared(bytes, bytes.ends.length - 1))
    return {
      environment: environmentOf(header, this.#thread.chain, recentBlockHash(header.number, parent.recentHashes)),
      accessList: new IndexedAccessList(blockAccessListFromRlpItem(list)),
      state: this.#thread.after({ hash: parent.hash, stateRoot: parent.header.stateRoot }),
      claimedGas: decodePlan(header.plan ?? new Uint8Array()).transactions.map(({ gasUsed }) => gasUsed),
    }
  }

  #runTransactions(run: Run, context: JobContext): RunOutcome {
    const { environment, claimedGas } = context
    // Whole groups need only what the system operations before the block left: nothing else is written from outside.
    const first = this.#job.strategy === 'groups' ? 0 : run.transactions[0]!
    const state = worldState(this.#viewBefore(first + 1, context), environment)
    const transactions: TransactionOutcome[] = []
    for (const index of run.transactions) {
      if (!this.isWanted) throw new ExecutionError('closed', 'the replay has ended')
      const { outcome, failure } = this.#runTransaction(index, environment, state)
      if (outcome === undefined) return { transactions, usesOtherGas: false, failure }
      transactions.push(outcome)
      if (outcome.gasUsed !== claimedGas[index]) return { transactions, usesOtherGas: true }
    }
    return { transactions, usesOtherGas: false }
  }

  #runTransaction(
    index: number,
    environment: BlockEnvironment,
    state: WorldState,
  ): { readonly outcome?: TransactionOutcome; readonly failure?: ReplayFailure } {
    let sender: Address | undefined
    try {
      const transaction = decodeTransaction(readShared(this.#job.bytes, index))
      sender = senderInBlock(index, transaction, environment.rules)
      return { outcome: applyTransaction(transaction, sender, environment, state) }
    } catch (error) {
      const cause = error instanceof TransactionError ? invalidTransaction(index, error) : error
      return { failure: { sender, error: toPlainError(cause) } }
    }
  }

  #runSystem(step: 'before' | 'after', context: JobContext): SystemOutcome {
    const { environment } = context
    const { parent, withdrawals } = this.#job
    if (step === 'before') return runBeforeBlock(environment, parent.hash, worldState(context.state.view, environment))
    const view = this.#viewBefore(context.claimedGas.length + 1, context)
    // Plans come with Cancun: no ommers any more, and the DAO is long forgotten.
    return runAfterBlock(environment, withdrawals, [], worldState(view, environment))
  }

  #viewBefore(index: number, { accessList, state }: JobContext): StateView {
    return accessList.viewBefore(index, state.view)
  }
}

function worldState(view: StateView, { rules }: BlockEnvironment): WorldState {
  return new WorldState({ rules, record: true }, { view })
}

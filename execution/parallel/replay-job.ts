import type { Address } from '../../primitives/hex.ts'
import type { BlockEnvironment } from '../block/environment.ts'
import { IndexedAccessList } from '../block/indexed-list.ts'
import { invalidTransaction } from '../block/invalid-transaction.ts'
import { ListView } from '../block/list-view.ts'
import { receiptOf } from '../block/receipt-of.ts'
import { StepCheck } from '../block/step-check.ts'
import { type WorldState, withWorldState } from '../state/world-state.ts'
import { applyTransaction } from '../transaction/apply.ts'
import { runAfterBlock, runBeforeBlock } from '../transaction/system-calls.ts'
import { TransactionError } from '../transaction/transaction-error.ts'
import { ClaimsBoard } from './claims-board.ts'
import { environmentOf } from './environment.ts'
import { ExecutionError } from './execution-error.ts'
import { toPlainError } from './plain-error.ts'
import type { ReplayFailure, ReplayJob } from './protocol.ts'
import { senderInBlock } from './recover-sender.ts'
import { SharedInput, type SharedRun } from './replay-input.ts'
import type { OpenJob, RunOutcome } from './run-bundle.ts'
import type { ReplayedSystem, ReplayedTransaction } from './run-result.ts'
import type { FixedState, ThreadState } from './thread-state.ts'

/** What a run gives but for its times. */
type Executed = Omit<RunOutcome, 'run' | 'startNs' | 'durationNs'>

/** Everything that the runs of one job share in one thread. */
interface JobContext {
  readonly environment: BlockEnvironment
  readonly accessList: IndexedAccessList
  readonly check: StepCheck
  readonly state: FixedState
  /** Gas that the plan claims up to each transaction, that one included. */
  readonly cumulativeGas: readonly bigint[]
}

/**
 * A job on this thread. A run sees the state before its first transaction as the access list claims it, whatever other
 * threads have found so far, and then what its own transactions did: so runs need nothing from one another.
 */
export class ReplayWork implements OpenJob {
  readonly #input: SharedInput
  readonly #marks: Uint8Array
  readonly #thread: ThreadState
  readonly #board: ClaimsBoard
  #context: JobContext | undefined

  constructor(job: ReplayJob, modules: { readonly thread: ThreadState }) {
    this.#input = new SharedInput(job.input)
    this.#marks = new Uint8Array(job.marks)
    this.#board = new ClaimsBoard(job.board)
    this.#thread = modules.thread
  }

  get isWanted(): boolean {
    return !this.#board.isCancelled
  }

  runs(bundle: number): readonly SharedRun[] {
    return this.#input.bundles[bundle]!
  }

  run(run: SharedRun, index: number): RunOutcome {
    const startNs = process.hrtime.bigint()
    const executed = this.#runSafely(run)
    return { run: index, startNs, durationNs: process.hrtime.bigint() - startNs, ...executed }
  }

  close(): void {
    this.#context?.state.close()
    this.#context = undefined
  }

  #runSafely(run: SharedRun): Executed {
    try {
      // Opened by the first run and not before: its failure is then that run's.
      this.#context ??= this.#open()
      return run.step === 'transactions'
        ? this.#runTransactions(run.transactions, this.#context)
        : { transactions: [], usesOtherGas: false, system: this.#runSystem(run.step, this.#context) }
    } catch (error) {
      return { transactions: [], usesOtherGas: false, failure: { sender: undefined, error: toPlainError(error) } }
    }
  }

  #open(): JobContext {
    const { header, plan, accessList: listed, parentHash, parentStateRoot } = this.#input
    const ancestorHash = (number: bigint) => this.#input.ancestorHash(Number(header.number - number))
    const state = this.#thread.after({ hash: parentHash, stateRoot: parentStateRoot })
    const accessList = new IndexedAccessList(listed, { parent: state.source })
    let gas = 0n
    return {
      environment: environmentOf(header, this.#thread.chain, ancestorHash),
      accessList,
      check: new StepCheck({ plan, accessList: listed }, { accessList, marks: this.#marks }),
      state,
      cumulativeGas: plan.transactions.map(({ gasUsed }) => (gas += gasUsed)),
    }
  }

  #runTransactions(indexes: readonly number[], context: JobContext): Executed {
    const { environment } = context
    // Whole groups need only what the system operations before the block left: nothing else is written from outside.
    const first = this.#input.strategy === 'groups' ? 0 : indexes[0]!
    const view = new ListView(first + 1, { list: context.accessList })
    return withWorldState({ rules: environment.rules, record: true }, { view }, (state) =>
      this.#runEach(indexes, context, state),
    )
  }

  #runEach(indexes: readonly number[], context: JobContext, state: WorldState): Executed {
    const transactions: ReplayedTransaction[] = []
    for (const index of indexes) {
      if (!this.isWanted) throw new ExecutionError('closed', 'the replay has ended')
      const { replayed, failure } = this.#runTransaction(index, context, state)
      if (replayed === undefined) return { transactions, usesOtherGas: false, failure }
      transactions.push(replayed)
      if (replayed.outcome.gasUsed !== this.#input.plan.transactions[index]!.gasUsed) {
        return { transactions, usesOtherGas: true }
      }
    }
    return { transactions, usesOtherGas: false }
  }

  #runTransaction(
    index: number,
    { environment, check, cumulativeGas }: JobContext,
    state: WorldState,
  ): { readonly replayed?: ReplayedTransaction; readonly failure?: ReplayFailure } {
    let sender: Address | undefined
    try {
      const transaction = this.#input.transaction(index)
      sender = this.#input.sender(index) ?? senderInBlock(index, transaction, environment.rules)
      const outcome = applyTransaction(transaction, sender, environment, state)
      const receipt = receiptOf(outcome, transaction, cumulativeGas[index]!, outcome.succeeded)
      return { replayed: { outcome, receipt, isAsClaimed: check.isTransactionAsClaimed(index, outcome) } }
    } catch (error) {
      const cause = error instanceof TransactionError ? invalidTransaction(index, error) : error
      return { failure: { sender, error: toPlainError(cause) } }
    }
  }

  #runSystem(step: 'before' | 'after', context: JobContext): ReplayedSystem {
    const { environment, check, accessList, state } = context
    const { parentHash, withdrawals, transactionCount } = this.#input
    const view = step === 'before' ? state.view : new ListView(transactionCount + 1, { list: accessList })
    const outcome = withWorldState({ rules: environment.rules, record: true }, { view }, (world) =>
      step === 'before'
        ? runBeforeBlock(environment, parentHash, world)
        : // Plans come with Cancun: no ommers any more, and the DAO is long forgotten.
          runAfterBlock(environment, withdrawals, [], world),
    )
    return { outcome, isAsClaimed: check.isSystemAsClaimed(step, outcome) }
  }
}

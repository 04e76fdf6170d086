import { orBlooms } from '../../primitives/bloom.ts'
import { type Address, ZERO_ADDRESS } from '../../primitives/hex.ts'
import type { Plan } from '../../primitives/plan.ts'
import { BlockError } from '../block/block-error.ts'
import type { TimelineEntry } from '../block/executor.ts'
import { fromPlainError } from './plain-error.ts'
import type { BundleResult, ReplayFailure } from './protocol.ts'
import { type RecordedRun, type RecordedTransaction, type ReplayedSystem, readRunResults } from './run-result.ts'
import type { Bundle, Run } from './scheduler.ts'

/** Where, in block order, a replay first met something that no valid block has. */
export interface ReplayStop {
  /** Of the transaction that could not be executed; all before it were. */
  readonly index: number
  readonly sender: Address
  /** The verdict unless a lie before it is found to be the cause. */
  readonly verdict: BlockError
}

export interface ReplayRecordOptions {
  readonly plan: Plan
  readonly bundles: readonly Bundle[]
  /** Of the block. */
  readonly gasLimit: bigint
  /** When the replay began, by `process.hrtime`. */
  readonly startNs: bigint
}

export type RecordedEntry = Omit<TimelineEntry, 'core'>

/** Gathers what the workers of a replay report, in whatever order, into block order. */
export class ReplayRecord {
  readonly #options: ReplayRecordOptions
  readonly #transactions: (RecordedTransaction | undefined)[]
  readonly #entries = new Map<string, RecordedEntry>()
  readonly #blooms: Uint8Array[] = []
  #gasUsed = 0n
  #before: ReplayedSystem | undefined
  #after: ReplayedSystem | undefined
  #stop: ReplayStop | undefined

  constructor(options: ReplayRecordOptions) {
    this.#options = options
    this.#transactions = options.plan.transactions.map(() => undefined)
  }

  /**
   * Takes a result in; the same one again changes nothing. Returns `false` when the transactions have used more gas than
   * the block may: then something is false, and going on would be work without bound. Throws what is this node's own fault.
   */
  accept({ bundle, runs, failures }: BundleResult, worker: number): boolean {
    for (const result of readRunResults(runs)) {
      const run = this.#options.bundles[bundle]![result.run]!
      this.#blooms.push(result.logsBloom)
      if (run.step === 'before') this.#before = result.system
      if (run.step === 'after') this.#after = result.system
      for (const [position, transaction] of result.transactions.entries()) {
        this.#add(run.transactions[position]!, transaction)
      }
      const failure = failures.find((each) => each.run === result.run)
      if (failure !== undefined) this.#stopAt(this.#failed(run, result.transactions, failure))
      else if (result.usesOtherGas) this.#stopAt(this.#otherGas(run, result.transactions))
      this.#entries.set(`${bundle}/${result.run}`, this.#entryOf(run, result, worker))
    }
    return this.#gasUsed <= this.#options.gasLimit
  }

  /** Ordered by start. */
  get entries(): RecordedEntry[] {
    return [...this.#entries.values()].sort((a, b) => a.startUs - b.startUs)
  }

  /** The first thing found wrong, if any. */
  get stop(): ReplayStop | undefined {
    return this.#stop
  }

  get before(): ReplayedSystem | undefined {
    return this.#before
  }

  get after(): ReplayedSystem | undefined {
    return this.#after
  }

  /** Of the logs of all transactions. */
  get logsBloom(): Uint8Array {
    return orBlooms(this.#blooms)
  }

  /** The transactions before index `end`; `undefined` unless they are all there. */
  transactionsBefore(end: number): RecordedTransaction[] | undefined {
    const transactions = this.#transactions.slice(0, end).filter((transaction) => transaction !== undefined)
    return transactions.length === end ? transactions : undefined
  }

  #add(index: number, transaction: RecordedTransaction): void {
    if (this.#transactions[index] === undefined) this.#gasUsed += transaction.gasUsed
    this.#transactions[index] = transaction
  }

  #stopAt(stop: ReplayStop): void {
    if (this.#stop === undefined || stop.index < this.#stop.index) this.#stop = stop
  }

  /** The last transaction executed used other gas than claimed. The lie is there or before, so the next one is not needed. */
  #otherGas(run: Run, transactions: readonly RecordedTransaction[]): ReplayStop {
    const index = run.transactions[transactions.length - 1]!
    const claimed = this.#options.plan.transactions[index]!.gasUsed
    const { gasUsed: actual, sender } = transactions.at(-1)!
    const message = `transaction ${index} uses ${actual} gas, not ${claimed}`
    const verdict = new BlockError('wrong-gas-used', message, { transaction: index, claimed, actual })
    return { index: index + 1, sender, verdict }
  }

  #failed(run: Run, transactions: readonly RecordedTransaction[], { sender, error }: ReplayFailure): ReplayStop {
    const verdict = fromPlainError(error)
    if (!(verdict instanceof BlockError)) throw verdict
    const index = run.transactions[transactions.length] ?? this.#transactions.length
    return { index, sender: sender ?? ZERO_ADDRESS, verdict }
  }

  #entryOf(run: Run, { startNs, durationNs, transactions }: RecordedRun, worker: number): RecordedEntry {
    return {
      worker,
      group: run.group,
      transactions: run.transactions,
      startUs: Number((startNs - this.#options.startNs) / 1000n),
      durationUs: Number(durationNs / 1000n),
      gasUsed: transactions.reduce((sum, { gasUsed }) => sum + gasUsed, 0n),
    }
  }
}

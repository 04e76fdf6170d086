import { GAS_PER_BLOB, GAS_TRANSACTION } from '../../config/gas.ts'
import type { Address } from '../../primitives/hex.ts'
import type { Transaction } from '../../primitives/transaction.ts'
import { blobGasOf } from '../block/blob-gas.ts'
import type { BuiltBlock } from '../block/executor.ts'
import type { TransactionOutcome } from '../block/outcome.ts'
import type { Watch } from '../compiler/execute.ts'
import { withWorldState } from '../state/world-state.ts'
import { applyTransaction } from '../transaction/apply.ts'
import { runAfterBlock, runBeforeBlock } from '../transaction/system-calls.ts'
import { TransactionError } from '../transaction/transaction-error.ts'
import { senderInBlock } from './recover-sender.ts'
import { withSerialBlock } from './serial-block.ts'
import type { BuildAnswer, BuildRequest } from './serial-tasks.ts'
import type { StopSignal } from './stop-signal.ts'
import type { ThreadState } from './thread-state.ts'

export interface BuildModules {
  readonly thread: ThreadState
  readonly stopSignal: StopSignal
  /** Looks on; what it throws is thrown. */
  readonly watch?: Watch | undefined
}

/**
 * Makes a block of the candidates, in their order, until it is full or the time is up. A candidate that does not fit is
 * left out, and with it what its sender has behind it. Throws BlockError `system-call-failed`.
 */
export function buildBlock(request: BuildRequest, { thread, stopSignal, watch }: BuildModules): BuildAnswer {
  const { template, candidates, parent, senders } = request
  const startNs = process.hrtime.bigint()
  return withSerialBlock(template, parent, thread, ({ environment, state: { view }, record, assemble }) => {
    const { rules } = environment
    return withWorldState({ rules, record }, { view }, (state) => {
      const before = runBeforeBlock(environment, parent.hash, state)
      const room = new Room(environment.gasLimit, BigInt(rules.blobSchedule?.max ?? 0) * GAS_PER_BLOB)
      const included: number[] = []
      const outcomes: TransactionOutcome[] = []
      const refused: BuiltBlock['refused'][number][] = []
      /** They have a transaction outside the block that comes first. */
      const waiting = new Set<Address>()
      const endNs = startNs + BigInt(Math.ceil(request.timeLimitMs * 1e6))
      for (const [candidate, transaction] of candidates.entries()) {
        if (room.isFull || stopSignal.isSet || process.hrtime.bigint() > endNs) break
        const sender = senders[candidate] ?? senderInBlock(candidate, transaction, rules)
        if (waiting.has(sender)) continue
        if (!room.fits(transaction)) {
          waiting.add(sender)
          continue
        }
        try {
          watch?.onPause?.()
          const outcome = applyTransaction(transaction, sender, environment, state, watch)
          room.take(transaction, outcome)
          included.push(candidate)
          outcomes.push(outcome)
        } catch (error) {
          if (!(error instanceof TransactionError)) throw error
          refused.push({ candidate, code: error.code })
          // One that is too late holds up nobody; any other leaves a gap behind it.
          if (error.code !== 'nonce-too-low') waiting.add(sender)
        }
      }
      const after = runAfterBlock(environment, template.withdrawals ?? [], [], state)
      const transactions = included.map((candidate) => candidates[candidate]!)
      return { included, refused, executed: assemble(transactions, { before, transactions: outcomes, after }, startNs) }
    })
  })
}

/** What a block has left. */
class Room {
  #gas: bigint
  #blobGas: bigint
  readonly #gasLimit: bigint

  constructor(gas: bigint, blobGas: bigint) {
    this.#gas = gas
    this.#gasLimit = gas
    this.#blobGas = blobGas
  }

  get isFull(): boolean {
    return this.#gas < GAS_TRANSACTION
  }

  /** Those that would not fit into an empty block either are let through: they are refused for what they are. */
  fits(transaction: Transaction): boolean {
    const fitsGas = transaction.gasLimit <= this.#gas || transaction.gasLimit > this.#gasLimit
    return fitsGas && blobGasOf([transaction]) <= this.#blobGas
  }

  take(transaction: Transaction, { gasUsed }: TransactionOutcome): void {
    this.#gas -= gasUsed
    this.#blobGas -= blobGasOf([transaction])
  }
}

import type { BlockBuilder } from '../../execution/block/executor.ts'
import type { BlockOutcome } from '../../execution/block/outcome.ts'
import { executeSerially } from '../../execution/block/serial.ts'
import { type SerialBlock, withSerialBlock } from '../../execution/parallel/serial-block.ts'
import type { ThreadState } from '../../execution/parallel/thread-state.ts'
import type { Address, Hash } from '../../primitives/hex.ts'
import { recoverSender, type Transaction } from '../../primitives/transaction.ts'
import type { Withdrawal } from '../../primitives/withdrawal.ts'
import type { StateView } from '../../storage/state-view.ts'

/*
 * Miners that execute wrongly and describe truly what they did: nothing in their blocks contradicts anything else.
 */

/** Executes on a state in which one slot holds something else. */
export function onFalseSlot(
  address: Address,
  slot: bigint,
  falsify: (value: bigint) => bigint,
  thread: ThreadState,
): BlockBuilder {
  return builder(thread, (transactions, view, run) => {
    return run(transactions, {
      account: (of) => view.account(of),
      code: (hash) => view.code(hash),
      hasStorage: (of) => view.hasStorage(of),
      slot(of, number) {
        const value = view.slot(of, number)
        return of === address && number === slot ? falsify(value) : value
      },
    })
  })
}

/** Executes one transaction as if those before it had not been: an update that it makes to what they changed is lost. */
export function losingUpdate(apart: number, thread: ThreadState): BlockBuilder {
  return builder(thread, (transactions, view, run) => {
    const others = run(transactions.toSpliced(apart, 1), view)
    const alone = run(transactions.slice(apart, apart + 1), view)
    return { ...others, transactions: others.transactions.toSpliced(apart, 0, ...alone.transactions) }
  })
}

/** Pays out a withdrawal that is not in the block. */
export function withGift(honest: BlockBuilder, gift: Withdrawal): BlockBuilder {
  return { build: (template, ...rest) => honest.build({ ...template, withdrawals: [gift] }, ...rest) }
}

type Run = (transactions: readonly Transaction[], view: StateView) => BlockOutcome

function builder(
  thread: ThreadState,
  execute: (transactions: readonly Transaction[], view: StateView, run: Run) => BlockOutcome,
): BlockBuilder {
  return {
    async build(template, transactions, parent) {
      const executed = withSerialBlock(template, parent, thread, (block) => {
        const run: Run = (part, view) => runSerially(block, template.parentHash, part, view)
        return block.assemble(transactions, execute(transactions, block.state.view, run), process.hrtime.bigint())
      })
      return { transactions, executed, refused: [] }
    },
  }
}

function runSerially(
  { environment, record }: SerialBlock,
  parentHash: Hash,
  transactions: readonly Transaction[],
  view: StateView,
): BlockOutcome {
  const senders = transactions.map((transaction) => recoverSender(transaction))
  return executeSerially(
    { environment, parentHash, transactions, senders, withdrawals: [], ommers: [], record },
    { view },
  )
}

import type { ChainConfig } from '../../config/chain.ts'
import type { Transaction } from '../../primitives/transaction.ts'
import { BlockStore } from '../../storage/block-store.ts'
import { withWholeAccounts } from '../../storage/fork/whole-accounts.ts'
import { updateState } from '../../storage/trie/state-trie.ts'
import { assembleBlock } from '../block/assemble.ts'
import type { BlockEnvironment } from '../block/environment.ts'
import type { ExecutedBlock, ParentContext } from '../block/executor.ts'
import type { BlockOutcome } from '../block/outcome.ts'
import { executeSerially } from '../block/serial.ts'
import { type EnvironmentFields, environmentOf, recentBlockHash } from './environment.ts'
import { senderInBlock } from './recover-sender.ts'
import type { ExecuteRequest } from './serial-tasks.ts'
import type { BlockState, ThreadState } from './thread-state.ts'

/** A block on the state of its parent, in this thread. */
export interface SerialBlock {
  readonly environment: BlockEnvironment
  readonly state: BlockState
  readonly isDaoForkBlock: boolean
  /** Keep what a plan needs. */
  readonly record: boolean
  assemble(transactions: readonly Transaction[], outcome: BlockOutcome, startNs: bigint): ExecutedBlock
}

/** What `use`, which waits for nothing, makes of a block on the state of its parent. */
export function withSerialBlock<Result>(
  fields: EnvironmentFields,
  parent: ParentContext,
  thread: ThreadState,
  use: (block: SerialBlock) => Result,
): Result {
  const { chain } = thread
  return thread.use({ hash: parent.hash, stateRoot: parent.header.stateRoot }, (state) => {
    const blocks = new BlockStore({ reader: state.reader })
    const blockHash = recentBlockHash(fields.number, parent.recentHashes, blocks)
    const environment = environmentOf(fields, chain, blockHash)
    return use({
      environment,
      state,
      isDaoForkBlock: isDaoForkBlock(fields.number, chain),
      record: chain.pavm.plan,
      assemble: (transactions, outcome, startNs) => {
        const executed = assembleBlock(
          outcome,
          {
            rules: environment.rules,
            hasPlan: chain.pavm.plan,
            gasLimit: environment.gasLimit,
            transactions,
            depositContract: chain.depositContractAddress,
            timeline: serialTimeline(outcome, startNs),
          },
          {
            parent: state.view,
            intermediateRoot: (diff) => updateState(parent.header.stateRoot, diff, thread.nodes).stateRoot,
          },
        )
        return thread.isForked ? { ...executed, diff: withWholeAccounts(executed.diff, state.view) } : executed
      },
    })
  })
}

/** Executes a block in its order. Throws BlockError: `invalid-transaction`, `system-call-failed`. */
export function executeBlock({ block, parent, senders }: ExecuteRequest, thread: ThreadState): ExecutedBlock {
  const startNs = process.hrtime.bigint()
  return withSerialBlock(block.header, parent, thread, ({ environment, state, assemble, ...options }) => {
    const { transactions, withdrawals = [], ommers } = block
    const outcome = executeSerially(
      {
        ...options,
        environment,
        parentHash: parent.hash,
        transactions,
        senders: transactions.map((transaction, index) => {
          return senders[index] ?? senderInBlock(index, transaction, environment.rules)
        }),
        withdrawals,
        ommers,
      },
      { view: state.view },
    )
    return assemble(transactions, outcome, startNs)
  })
}

/** The DAO's balances move in that block and no other. */
export function isDaoForkBlock(number: bigint, chain: ChainConfig): boolean {
  return chain.activations.some(({ hardfork, at }) => hardfork === 'daoFork' && at === number)
}

/** The whole block as one piece. */
function serialTimeline({ transactions }: BlockOutcome, startNs: bigint): ExecutedBlock['timeline'] {
  const durationUs = Number((process.hrtime.bigint() - startNs) / 1000n)
  const gasUsed = transactions.reduce((sum, outcome) => sum + outcome.gasUsed, 0n)
  const entry = { worker: 0, core: undefined, group: -1, transactions: [...transactions.keys()], startUs: 0 }
  return { strategy: 'serial', workers: 1, durationUs, entries: [{ ...entry, durationUs, gasUsed }] }
}

import type { Block } from '../../primitives/block.ts'
import type { Address } from '../../primitives/hex.ts'
import { type Transaction, transactionHash } from '../../primitives/transaction.ts'
import type {
  BlockBuilder,
  BlockExecutor,
  BlockTemplate,
  BuiltBlock,
  ExecutedBlock,
  ParentContext,
} from '../block/executor.ts'
import type { KnownSenders } from '../sender-cache.ts'
import { packParent } from './parent-message.ts'
import type { SerialThread } from './serial-tasks.ts'
import { executionTimeLimit } from './time-limit.ts'

/** Executes and builds whole blocks, one transaction after the other, in a thread of its own. */
export class SerialExecutor implements BlockExecutor, BlockBuilder {
  readonly strategy = 'serial'
  readonly #thread: SerialThread
  readonly #senders: KnownSenders

  constructor(modules: { readonly thread: SerialThread; readonly senders: KnownSenders }) {
    this.#thread = modules.thread
    this.#senders = modules.senders
  }

  execute(block: Block, parent: ParentContext): Promise<ExecutedBlock> {
    const { accessList: _, ...rest } = block
    return this.#thread.run(
      'execute',
      { block: rest, parent: packParent(parent), senders: this.#known(block.transactions) },
      executionTimeLimit(block.header.gasLimit),
    )
  }

  async build(
    template: BlockTemplate,
    candidates: readonly Transaction[],
    parent: ParentContext,
    timeLimitMs: number,
  ): Promise<BuiltBlock> {
    const timeoutMs = executionTimeLimit(template.gasLimit, timeLimitMs)
    const request = { template, candidates, parent: packParent(parent), timeLimitMs, senders: this.#known(candidates) }
    const { included, ...built } = await this.#thread.run('build', request, timeoutMs)
    return { ...built, transactions: included.map((candidate) => candidates[candidate]!) }
  }

  #known(transactions: readonly Transaction[]): (Address | undefined)[] {
    return transactions.map((transaction) => this.#senders.get(transactionHash(transaction)))
  }
}

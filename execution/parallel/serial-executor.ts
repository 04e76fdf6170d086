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
import type { InlineWorkSource } from './inline-work.ts'
import { packParent } from './parent-message.ts'
import type { BuildAnswer, BuildRequest, SerialThread } from './serial-tasks.ts'
import { executionTimeLimit } from './time-limit.ts'

/** Executes and builds whole blocks, one transaction after the other, in a thread of its own; builds short ones in this thread, where it may. */
export class SerialExecutor implements BlockExecutor, BlockBuilder {
  readonly strategy = 'serial'
  readonly #thread: SerialThread
  readonly #senders: KnownSenders
  readonly #inline: InlineWorkSource

  constructor(modules: {
    readonly thread: SerialThread
    readonly senders: KnownSenders
    readonly inline: InlineWorkSource
  }) {
    this.#thread = modules.thread
    this.#inline = modules.inline
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
    const request = { template, candidates, parent, timeLimitMs, senders: this.#known(candidates) }
    const { included, ...built } = (await this.#inline())?.build(request) ?? (await this.#buildInThread(request))
    return { ...built, transactions: included.map((candidate) => candidates[candidate]!) }
  }

  #buildInThread(request: BuildRequest): Promise<BuildAnswer> {
    const timeoutMs = executionTimeLimit(request.template.gasLimit, request.timeLimitMs)
    return this.#thread.run('build', { ...request, parent: packParent(request.parent) }, timeoutMs)
  }

  #known(transactions: readonly Transaction[]): (Address | undefined)[] {
    return transactions.map((transaction) => this.#senders.get(transactionHash(transaction)))
  }
}

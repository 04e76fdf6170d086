import { rulesAt } from '../../config/chain.ts'
import type { Genesis } from '../../config/genesis.ts'
import { verifyBody } from '../../consensus/body-rules.ts'
import type { ImportResult } from '../../consensus/chain.ts'
import { TestNode } from '../../consensus/fixtures/test-node.ts'
import { verifyHeader } from '../../consensus/header-rules.ts'
import { verifyOmmers } from '../../consensus/ommer-rules.ts'
import { checkClaims } from '../../execution/block/claims.ts'
import type { BlockEnvironment } from '../../execution/block/environment.ts'
import type { ParentContext } from '../../execution/block/executor.ts'
import { environmentOf, recentBlockHash } from '../../execution/parallel/environment.ts'
import { senderInBlock } from '../../execution/parallel/recover-sender.ts'
import { WorldState } from '../../execution/state/world-state.ts'
import { applyTransaction } from '../../execution/transaction/apply.ts'
import { runBeforeBlock } from '../../execution/transaction/system-calls.ts'
import { type Block, decodeBlock } from '../../primitives/block.ts'
import { hexToBytes } from '../../primitives/hex.ts'
import { findFaults, transactionFaults } from './faults.ts'
import { compareWithJson, type StateJson, stateAfter } from './json-state.ts'
import { isRefusal, type Refusal } from './refusals.ts'
import { ReplayCheckingExecutor } from './replay-check.ts'
import { traceTransaction } from './trace-transaction.ts'

/** What became of a block. */
export type Verdict = ImportResult['status'] | Refusal

/** A chain on disk that takes in blocks as a node does, and has each replayed in every way. */
export class TestedChain {
  readonly node: TestNode
  readonly #executor: ReplayCheckingExecutor

  static async open(directory: string, genesis: Genesis): Promise<TestedChain> {
    let executor: ReplayCheckingExecutor | undefined
    const node = await TestNode.openAt(directory, {
      genesis,
      wrapExecutor: (modules) => {
        executor = new ReplayCheckingExecutor({ config: genesis.config }, modules)
        return executor
      },
    })
    if (executor === undefined) throw new Error('the node has made no executor')
    return new TestedChain(node, executor)
  }

  private constructor(node: TestNode, executor: ReplayCheckingExecutor) {
    this.node = node
    this.#executor = executor
  }

  /** How many blocks have been executed with a plan and replayed by every strategy. */
  get replayed(): number {
    return this.#executor.replayed
  }

  async take(block: Block): Promise<Verdict> {
    return await verdictOf(async () => (await this.node.take(block)).status)
  }

  async takeEncoded(rlp: string): Promise<Verdict> {
    return await verdictOf(async () => (await this.node.take(decodeBlock(hexToBytes(rlp)))).status)
  }

  /** What a chain finds wrong with the block that has nothing but it and those it stands on: nothing if it is taken. */
  async faultsAlone(rlp: string, directory: string): Promise<Refusal[]> {
    const { header } = decodeBlock(hexToBytes(rlp))
    const { blocks, genesis } = this.node
    const ancestors: Block[] = []
    for (let parent = blocks.block(header.parentHash); parent !== undefined && parent.header.number > 0n; ) {
      ancestors.unshift(parent)
      parent = blocks.block(parent.header.parentHash)
    }
    const other = await TestedChain.open(directory, genesis)
    try {
      for (const ancestor of ancestors) await other.take(ancestor)
      const verdict = await other.takeEncoded(rlp)
      return verdict instanceof Error ? [verdict, ...(await other.faultsOf(rlp))] : []
    } finally {
      await other.close()
    }
  }

  /** What is wrong with a block on the head, of each kind. */
  async faultsOf(rlp: string): Promise<Refusal[]> {
    const { node } = this
    const parent = node.chain.headContext()
    const undecodable = await findFaults([() => decodeBlock(hexToBytes(rlp))])
    if (undecodable.length > 0) return undecodable
    const block = decodeBlock(hexToBytes(rlp))
    if (block.header.parentHash !== parent.hash) return []
    const { config } = node.genesis
    const context = { config, engine: node.engine }
    const rules = rulesAt(config, block.header.number, block.header.timestamp)
    const faults = await findFaults([
      () => verifyHeader(block.header, parent.header, context),
      () => verifyBody(block, rules),
      () => verifyOmmers(block, node.blocks, context),
      async () => checkClaims(block, await node.execution.execute(block, parent)),
    ])
    const invalid = faults.find(({ code }) => code === 'invalid-transaction')
    if (invalid === undefined) return faults
    return [...faults, ...(await this.#faultsOfTransaction(block, parent, Number(invalid.details.transaction)))]
  }

  async #faultsOfTransaction(block: Block, parent: ParentContext, index: number): Promise<Refusal[]> {
    const environment = this.#environmentOf(block, parent)
    const state = this.#stateBefore(index, block, parent)
    return await transactionFaults(block.transactions[index]!, environment, state)
  }

  /**
   * Traces of the transactions of a block on the head, one after the other, up to the one in which @ethereumjs/evm goes
   * another way.
   */
  async trace(rlp: string): Promise<string[]> {
    const lines: string[] = []
    const [refusal] = await findFaults([() => this.#trace(decodeBlock(hexToBytes(rlp)), lines)])
    return refusal === undefined ? lines : [...lines, `no trace: ${refusal.message}`]
  }

  async #trace(block: Block, lines: string[]): Promise<void> {
    const parent = this.node.chain.headContext()
    if (block.header.parentHash !== parent.hash) {
      lines.push('no trace: the block does not stand on the head')
      return
    }
    const environment = this.#environmentOf(block, parent)
    for (const [index, transaction] of block.transactions.entries()) {
      lines.push(`transaction ${index}`)
      const trace = await traceTransaction(transaction, environment, () => this.#stateBefore(index, block, parent))
      lines.push(...trace.lines)
      if (trace.differsAt !== undefined) return
    }
  }

  #environmentOf({ header }: Block, { recentHashes }: ParentContext): BlockEnvironment {
    return environmentOf(header, this.node.genesis.config, recentBlockHash(header.number, recentHashes))
  }

  /** Of the transaction at that index of a block on the head. */
  #stateBefore(index: number, block: Block, parent: ParentContext): WorldState {
    const environment = this.#environmentOf(block, parent)
    const state = new WorldState({ rules: environment.rules, record: true }, { view: this.node.states.headView() })
    runBeforeBlock(environment, parent.hash, state)
    for (const [position, transaction] of block.transactions.slice(0, index).entries()) {
      applyTransaction(transaction, senderInBlock(position, transaction, environment.rules), environment, state)
    }
    return state
  }

  /** What the block executed last would leave otherwise than `expected`, and its receipts. */
  describeLast(expected: StateJson = {}): string[] {
    const { last } = this.#executor
    if (last === undefined) return []
    return [
      ...compareWithJson(stateAfter(this.node.states.headView(), last.diff), expected),
      ...last.receipts.map(({ status, cumulativeGasUsed, logs }, index) => {
        return `receipt ${index}: status ${status}, gas up to here ${cumulativeGasUsed}, ${logs.length} logs`
      }),
    ]
  }

  async close(): Promise<void> {
    await this.node.close()
  }
}

/** A refusal is a verdict, any other error is not. */
async function verdictOf(take: () => Promise<ImportResult['status']>): Promise<Verdict> {
  try {
    return await take()
  } catch (error) {
    if (isRefusal(error)) return error
    throw error
  }
}

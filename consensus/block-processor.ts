import { BlockError } from '../execution/block/block-error.ts'
import { checkClaims } from '../execution/block/claims.ts'
import type { BlockExecutor, ExecutedBlock, ParentContext } from '../execution/block/executor.ts'
import type { Block } from '../primitives/block.ts'
import type { Header } from '../primitives/header.ts'
import type { Hash } from '../primitives/hex.ts'
import type { NewNode } from '../storage/trie/node.ts'
import type { NodeReader } from '../storage/trie/node-reader.ts'
import { updateState } from '../storage/trie/state-trie.ts'

/** A block found valid, and all that is to be stored of it. */
export interface ProcessedBlock {
  readonly executed: ExecutedBlock
  readonly stateRoot: Hash
  readonly trieNodes: readonly NewNode[]
}

export interface BlockProcessorModules {
  readonly executor: BlockExecutor
  /** Executes every block once more, and must come to the same verdict (`--verify-serial`). */
  readonly serialExecutor?: BlockExecutor | undefined
  /** Trie nodes of the head's state at least. */
  readonly nodes: NodeReader
}

/** Judges blocks by executing them on the head's state. Changes nothing. */
export class BlockProcessor {
  readonly #modules: BlockProcessorModules

  constructor(modules: BlockProcessorModules) {
    this.#modules = modules
  }

  /** Throws `BlockError` when the block is invalid; any other error says nothing of the block. */
  async process(block: Block, parent: ParentContext): Promise<ProcessedBlock> {
    const { executor, serialExecutor } = this.#modules
    if (serialExecutor === undefined) return await this.#executeAndCheck(block, parent, executor)
    const verdict = await judge(this.#executeAndCheck(block, parent, executor))
    const serialVerdict = await judge(this.#executeAndCheck(block, parent, serialExecutor))
    if (verdict instanceof BlockError !== serialVerdict instanceof BlockError) {
      throw new Error(
        `block ${block.header.number}: ${executor.strategy} says ${describe(verdict)}, serial says ${describe(serialVerdict)}`,
      )
    }
    if (verdict instanceof BlockError) throw verdict
    return verdict
  }

  /** What executing a child of `parent` did to the state trie. */
  finish(executed: ExecutedBlock, parent: Header): ProcessedBlock {
    const { stateRoot, nodes } = updateState(parent.stateRoot, executed.diff, this.#modules.nodes)
    return { executed, stateRoot, trieNodes: nodes }
  }

  /** Compares the header's claims with what execution gave. Throws `BlockError`. */
  check(block: Block, { executed, stateRoot }: ProcessedBlock): void {
    checkClaims(block, executed, stateRoot)
  }

  async #executeAndCheck(block: Block, parent: ParentContext, executor: BlockExecutor): Promise<ProcessedBlock> {
    const processed = this.finish(await executor.execute(block, parent), parent.header)
    this.check(block, processed)
    return processed
  }
}

async function judge(processing: Promise<ProcessedBlock>): Promise<ProcessedBlock | BlockError> {
  try {
    return await processing
  } catch (error) {
    if (error instanceof BlockError) return error
    throw error
  }
}

function describe(verdict: ProcessedBlock | BlockError): string {
  return verdict instanceof BlockError ? verdict.code : 'valid'
}

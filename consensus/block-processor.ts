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
    const processed = this.finish(await this.#modules.executor.execute(block, parent), parent.header)
    this.check(block, processed)
    return processed
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
}

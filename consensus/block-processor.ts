import { checkClaims } from '../execution/block/claims.ts'
import type { BlockExecutor, ExecutedBlock, ParentContext } from '../execution/block/executor.ts'
import type { Block } from '../primitives/block.ts'
import type { Header } from '../primitives/header.ts'
import type { Hash } from '../primitives/hex.ts'
import type { StateDiff } from '../storage/state-view.ts'
import type { NewNode } from '../storage/trie/node.ts'
import type { NodeReader } from '../storage/trie/node-reader.ts'
import type { ParallelStateUpdate } from '../storage/trie/parallel-update.ts'
import { updateState } from '../storage/trie/state-trie.ts'

/** A block found valid, and all that is to be stored of it. */
export interface ProcessedBlock {
  readonly executed: ExecutedBlock
  readonly stateRoot: Hash
  readonly trieNodes: readonly NewNode[]
}

type StateUpdate = Omit<ProcessedBlock, 'executed'>

export interface BlockProcessorModules {
  readonly executor: BlockExecutor
  /** Trie nodes of the head's state at least. */
  readonly nodes: NodeReader
  /** Updates the trie of these nodes where there is time to wait for it; absent: this thread alone does. */
  readonly stateUpdate?: Pick<ParallelStateUpdate, 'update'> | undefined
}

/** Judges blocks by executing them on the head's state. Changes nothing. */
export class BlockProcessor {
  readonly #modules: BlockProcessorModules

  constructor(modules: BlockProcessorModules) {
    this.#modules = modules
  }

  /** Throws `BlockError` when the block is invalid; any other error says nothing of the block. */
  async process(block: Block, parent: ParentContext): Promise<ProcessedBlock> {
    const updates = new Map<StateDiff, StateUpdate | undefined>()
    const executed = await this.#modules.executor.execute(block, parent, (diff) => {
      updates.set(diff, this.#tryUpdate(diff, parent.header))
    })
    const update = updates.get(executed.diff)
    const processed = update === undefined ? await this.finish(executed, parent.header) : { executed, ...update }
    this.check(block, processed)
    return processed
  }

  /** What executing a child of `parent` did to the state trie. */
  async finish(executed: ExecutedBlock, parent: Header): Promise<ProcessedBlock> {
    const { stateUpdate } = this.#modules
    if (stateUpdate === undefined) return { executed, ...this.#update(executed.diff, parent) }
    const { stateRoot, nodes } = await stateUpdate.update(parent.stateRoot, executed.diff)
    return { executed, stateRoot, trieNodes: nodes }
  }

  /** `undefined` where what is only claimed cannot be done. */
  #tryUpdate(diff: StateDiff, parent: Header): StateUpdate | undefined {
    try {
      return this.#update(diff, parent)
    } catch {
      return undefined
    }
  }

  #update(diff: StateDiff, parent: Header): StateUpdate {
    const { stateRoot, nodes } = updateState(parent.stateRoot, diff, this.#modules.nodes)
    return { stateRoot, trieNodes: nodes }
  }

  /** Compares the header's claims with what execution gave. Throws `BlockError`. */
  check(block: Block, { executed, stateRoot }: ProcessedBlock): void {
    checkClaims(block, executed, stateRoot)
  }
}

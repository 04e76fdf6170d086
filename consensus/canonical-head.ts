import type { ParentContext } from '../execution/block/executor.ts'
import type { Block } from '../primitives/block.ts'
import type { Header } from '../primitives/header.ts'
import type { Hash } from '../primitives/hex.ts'
import type { BlockStore } from '../storage/block-store.ts'
import type { Committer } from '../storage/commit.ts'
import type { BlockProcessor, ProcessedBlock } from './block-processor.ts'
import type { CanonicalBlock } from './head-change.ts'
import { RecentHashes } from './recent-hashes.ts'
import { encodeTimeline } from './timeline-codec.ts'

/** A stored block with what the fork choice knows of it. */
export interface ChainHead {
  readonly header: Header
  readonly hash: Hash
  readonly totalDifficulty: bigint
}

/** A child of the head. */
export interface NextBlock {
  readonly block: Block
  readonly hash: Hash
  readonly totalDifficulty: bigint
  /** Where its execution is at hand already. */
  readonly processed?: ProcessedBlock | undefined
}

export interface CanonicalHeadModules {
  readonly blocks: Pick<
    BlockStore,
    'head' | 'header' | 'block' | 'canonicalHash' | 'receipts' | 'stateRoot' | 'totalDifficulty'
  >
  readonly committer: Pick<Committer, 'commitBlock' | 'rollbackHead'>
  readonly processor: Pick<BlockProcessor, 'process' | 'check'>
}

/**
 * The newest canonical block, with its two steps. Each step is one batch of the database, so that whatever fails, the head
 * is where it was before or after the step, and the state is its own.
 */
export class CanonicalHead {
  readonly #modules: CanonicalHeadModules
  readonly #recentHashes: RecentHashes
  #current: ChainHead

  constructor(modules: CanonicalHeadModules) {
    this.#modules = modules
    this.#recentHashes = new RecentHashes({ blocks: modules.blocks })
    this.#current = this.stored(modules.blocks.head().hash)
  }

  get current(): ChainHead {
    return this.#current
  }

  /** The head as it is stored, where something else has made it that. */
  reload(): void {
    this.#current = this.stored(this.#modules.blocks.head().hash)
  }

  /** What an executor needs to know to run a child of the head. */
  context(): ParentContext {
    const { header, hash } = this.#current
    const { blocks } = this.#modules
    const stored = blocks.head()
    // Not while another one is being stored.
    const stateRoot = (stored.hash === hash ? stored.stateRoot : blocks.stateRoot(hash)) ?? header.stateRoot
    const recentHashes = this.#recentHashes.upTo(this.#current)
    return { header: stateRoot === header.stateRoot ? header : { ...header, stateRoot }, hash, recentHashes }
  }

  /** Executes a child of the head and makes it the head. Throws `BlockError` when it is invalid. */
  async advance(next: NextBlock): Promise<CanonicalBlock> {
    const { block, hash, totalDifficulty } = next
    const { executed, trieNodes } = await this.#process(next)
    const { encodedReceipts, senders, diff, timeline } = executed
    await this.#modules.committer.commitBlock({
      block,
      hash,
      totalDifficulty,
      encodedReceipts,
      // Of a block of one's own; of others they are decoded when somebody asks.
      receipts: next.processed && executed.receipts,
      senders,
      diff,
      trieNodes,
      timeline: encodeTimeline(timeline),
    })
    this.#current = { header: block.header, hash, totalDifficulty }
    return {
      block,
      hash,
      executionUs: executed.timeline.durationUs,
      // Few blocks have somebody who asks.
      get receipts() {
        return executed.receipts
      },
    }
  }

  async #process({ block, processed }: NextBlock): Promise<ProcessedBlock> {
    const { processor } = this.#modules
    if (processed === undefined) return await processor.process(block, this.context())
    processor.check(block, processed)
    return processed
  }

  /** Makes the head's parent the head. Returns the block that was it. */
  async retreat(): Promise<CanonicalBlock> {
    const { blocks, committer } = this.#modules
    const { hash, header } = this.#current
    const block = blocks.block(hash)
    const receipts = blocks.receipts(hash)
    if (block === undefined || receipts === undefined) throw new Error(`the head ${hash} is not stored whole`)
    await committer.rollbackHead()
    this.#current = this.stored(header.parentHash)
    return { block, hash, receipts }
  }

  /** A block of any branch, which must be stored. */
  stored(hash: Hash): ChainHead {
    const { blocks } = this.#modules
    const header = blocks.header(hash)
    const totalDifficulty = blocks.totalDifficulty(hash)
    if (header === undefined || totalDifficulty === undefined) throw new Error(`block ${hash} is not stored`)
    return { header, hash, totalDifficulty }
  }
}

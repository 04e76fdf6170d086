import type { Block } from '../primitives/block.ts'
import { type ImportOutcome, importBlock } from './block-import.ts'
import type { NetworkBlocks, NetworkChain } from './modules.ts'
import { NetworkError } from './network-error.ts'
import type { PeerBook } from './peer-book.ts'
import type { PeerRequests } from './peer-requests.ts'

interface Modules {
  readonly chain: NetworkChain
  readonly blocks: Pick<NetworkBlocks, 'hasBlock'>
  readonly book: PeerBook
  readonly requests: Pick<PeerRequests, 'blocksByHash'>
}

/** Imports blocks whose last few ancestors may be missing: another branch, or gossip that came in the wrong order. */
export class AncestorImport {
  readonly #maxAncestors: number
  readonly #modules: Modules
  /** Peers that are being asked: blocks without parents are free to make, so one at a time each. */
  readonly #asking = new Set<string>()

  constructor({ maxAncestors }: { readonly maxAncestors: number }, modules: Modules) {
    this.#maxAncestors = maxAncestors
    this.#modules = modules
  }

  /**
   * Imports the block, after its missing ancestors, which are fetched by hash from the peer that sent it.
   * `unknown-parent` when they are too many or the peer does not give them.
   */
  async import(block: Block, source: string): Promise<ImportOutcome> {
    const outcome = await importBlock(this.#modules.chain, block)
    if (outcome.kind !== 'unknown-parent') return outcome
    if (this.#asking.has(source)) return outcome
    this.#asking.add(source)
    const ancestors = await this.#fetch(block, source).finally(() => this.#asking.delete(source))
    if (ancestors === undefined) return outcome
    for (const ancestor of ancestors) {
      const ancestorOutcome = await importBlock(this.#modules.chain, ancestor)
      if (ancestorOutcome.kind !== 'new' && ancestorOutcome.kind !== 'known') return ancestorOutcome
    }
    return await importBlock(this.#modules.chain, block)
  }

  /** Ascending; `undefined` when they do not lead to a block we have. */
  async #fetch(block: Block, source: string): Promise<Block[] | undefined> {
    const { chain, blocks, book, requests } = this.#modules
    const peer = book.get(source)
    const isFar = block.header.number > chain.head().header.number + BigInt(this.#maxAncestors)
    if (peer === undefined || isFar) return undefined
    const ancestors: Block[] = []
    let { parentHash } = block.header
    while (!blocks.hasBlock(parentHash)) {
      if (ancestors.length === this.#maxAncestors) return undefined
      try {
        const [received] = await requests.blocksByHash(peer, [parentHash])
        if (received === undefined) return undefined
        ancestors.push(received.block)
        parentHash = received.block.header.parentHash
      } catch (error) {
        if (error instanceof NetworkError) return undefined
        throw error
      }
    }
    return ancestors.reverse()
  }
}

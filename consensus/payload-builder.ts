import { type ChainConfig, rulesAt } from '../config/chain.ts'
import type { BlockBuilder, BuiltBlock, ParentContext } from '../execution/block/executor.ts'
import { TransactionError, type TransactionErrorCode } from '../execution/transaction/transaction-error.ts'
import type { Block } from '../primitives/block.ts'
import type { Header } from '../primitives/header.ts'
import type { Address, Hash } from '../primitives/hex.ts'
import { effectiveTip, type Transaction } from '../primitives/transaction.ts'
import type { Withdrawal } from '../primitives/withdrawal.ts'
import type { BlockStore } from '../storage/block-store.ts'
import { type BlockDraft, completeBlock, draftBlock, fittingCandidates } from './block-draft.ts'
import type { BlockProcessor } from './block-processor.ts'
import { ZERO_NONCE } from './limits.ts'
import type { CandidateSource } from './producer.ts'
import { VISIBLE_ANCESTORS } from './recent-hashes.ts'

/** What a consensus layer would say of a block before it is made. */
export interface PayloadAttributes {
  /** Seconds; above the parent's. */
  readonly timestamp: bigint
  readonly prevRandao: Hash
  readonly coinbase: Address
  readonly withdrawals: readonly Withdrawal[]
  readonly parentBeaconBlockRoot: Hash
  readonly extraData: Uint8Array
}

/** A block that was made for somebody, and is part of no chain. */
export interface Payload {
  readonly block: Block
  /** EIP-7685. */
  readonly requests: readonly Uint8Array[]
  /** What its transactions pay the coinbase, in wei. */
  readonly value: bigint
}

export interface PayloadBuilderOptions {
  readonly config: ChainConfig
  /** Gas limit to go towards, by at most 1/1024. */
  readonly gasLimit: bigint
}

export interface PayloadBuilderModules {
  readonly blocks: Pick<BlockStore, 'header' | 'stateRoot'>
  readonly txpool: Pick<CandidateSource, 'candidates'>
  readonly builder: BlockBuilder
  readonly processor: Pick<BlockProcessor, 'finish'>
}

/** How long candidates are executed. */
const BUILD_TIME_MS = 1_000

/** Makes blocks on request, upon any block whose state is kept, without changing anything (testing_buildBlockV1). */
export class PayloadBuilder {
  readonly #options: PayloadBuilderOptions
  readonly #modules: PayloadBuilderModules

  constructor(options: PayloadBuilderOptions, modules: PayloadBuilderModules) {
    this.#options = options
    this.#modules = modules
  }

  /** Whether blocks of that time have payloads at all: from Cancun on. */
  hasPayloads(number: bigint, timestamp: bigint): boolean {
    return rulesAt(this.#options.config, number, timestamp).hasBeaconRoots
  }

  /**
   * A child of a stored block, with exactly these transactions, or (`undefined`) with what the pool has for it. Throws
   * TransactionError when one of them cannot be in it.
   */
  async build(
    parent: { readonly header: Header; readonly hash: Hash },
    attributes: PayloadAttributes,
    transactions: readonly Transaction[] | undefined,
  ): Promise<Payload> {
    const { builder, processor, txpool } = this.#modules
    const draft = this.#draft(parent, attributes)
    const candidates = transactions ?? fittingCandidates(draft, txpool.candidates(draft.baseFee, draft.blobBaseFee))
    const context = this.#contextOf(parent)
    const built = await builder.build(draft.template, candidates, context, BUILD_TIME_MS)
    if (transactions !== undefined) requireAll(transactions, built)
    const { stateRoot } = await processor.finish(built.executed, context.header)
    const { outcomes, requests = [] } = built.executed
    return {
      block: completeBlock(draft, built, stateRoot),
      requests,
      value: built.transactions.reduce(
        (sum, transaction, index) => sum + outcomes[index]!.gasUsed * effectiveTip(transaction, draft.baseFee),
        0n,
      ),
    }
  }

  #draft(parent: { readonly header: Header; readonly hash: Hash }, attributes: PayloadAttributes): BlockDraft {
    const { timestamp, prevRandao, coinbase, extraData, withdrawals, parentBeaconBlockRoot } = attributes
    const engine = {
      earliestTimestamp: () => timestamp,
      prepare: () => ({ difficulty: 0n, mixHash: prevRandao, nonce: ZERO_NONCE }),
    }
    const draft = draftBlock(parent, 0, { ...this.#options, coinbase, extraData }, engine)
    if (draft === undefined) throw new Error('this engine always prepares')
    return { ...draft, template: { ...draft.template, withdrawals, parentBeaconBlockRoot } }
  }

  #contextOf({ header, hash }: { readonly header: Header; readonly hash: Hash }): ParentContext {
    const recentHashes = [hash]
    let ancestor: Header | undefined = header
    while (ancestor !== undefined && ancestor.number > 0n && recentHashes.length < VISIBLE_ANCESTORS) {
      recentHashes.push(ancestor.parentHash)
      ancestor = this.#modules.blocks.header(ancestor.parentHash)
    }
    const stateRoot = this.#modules.blocks.stateRoot(hash) ?? header.stateRoot
    return { header: { ...header, stateRoot }, hash, recentHashes }
  }
}

/** Throws TransactionError for the first that is not in the block. */
function requireAll(transactions: readonly Transaction[], built: BuiltBlock): void {
  const [refused] = built.refused
  if (refused !== undefined) {
    throw new TransactionError(refused.code as TransactionErrorCode, `transaction ${refused.candidate}`)
  }
  if (built.transactions.length === transactions.length) return
  const message = `only ${built.transactions.length} of ${transactions.length} transactions fit`
  throw new TransactionError('gas-limit-exceeds-block', message)
}

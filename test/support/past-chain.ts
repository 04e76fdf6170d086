import type { Settings } from '../../config/settings.ts'
import { completeBlock, draftBlock } from '../../consensus/block-draft.ts'
import { createLogger } from '../../node/log.ts'
import { openNodeChain } from '../../node/node-chain.ts'
import type { Transaction } from '../../primitives/transaction.ts'

export interface PastChainOptions {
  /** Of a miner whose data directory is empty. */
  readonly settings: Settings
  readonly blocks: number
}

const BUILD_TIME_MS = 10_000

/**
 * Makes a chain as a miner would have made it, with a block in every slot since the genesis, but without waiting for the
 * slots: they are in the past.
 */
export async function makePastChain(
  { settings, blocks }: PastChainOptions,
  transactionsFor: (number: number) => readonly Transaction[],
): Promise<void> {
  const log = createLogger({ level: 'silent', format: 'json' })
  const { chain, engine, execution, processor, storage, close } = await openNodeChain(settings, { log })
  const { coinbase, gasLimit } = settings.miner
  const options = { config: storage.config, coinbase, gasLimit, extraData: new TextEncoder().encode('past') }
  const { signal } = new AbortController()
  try {
    for (let number = 1; number <= blocks; number++) {
      const parent = chain.headContext()
      // The clock stands still at the beginning, so that each block takes its parent's next slot.
      const draft = draftBlock(parent, 0, options, engine)
      if (draft === undefined) throw new Error(`block ${number} is not for this node to make`)
      const built = await execution.builder.build(draft.template, transactionsFor(number), parent, BUILD_TIME_MS)
      const [refused] = built.refused
      if (refused !== undefined) throw new Error(`a transaction of block ${number} was refused: ${refused.code}`)
      const processed = await processor.finish(built.executed, parent.header)
      const unsealed = completeBlock(draft, built, processed.stateRoot)
      const header = await engine.seal(unsealed.header, signal)
      await chain.importBlock({ ...unsealed, header }, { source: 'miner', processed })
    }
  } finally {
    await close()
  }
}

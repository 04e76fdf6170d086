import type { Chain, ImportResult } from '../consensus/chain.ts'
import { BlockError, isLocalBlockError } from '../execution/block/block-error.ts'
import type { Block } from '../primitives/block.ts'

/**
 * How an import ended. `invalid`: the block is to blame. `later`: nothing is known against it, and it may be good another
 * time.
 */
export type ImportOutcome =
  | { readonly kind: 'new' | 'known' | 'unknown-parent' }
  | { readonly kind: 'invalid' | 'later'; readonly error: BlockError }

const KINDS: Readonly<Record<ImportResult['status'], 'new' | 'known'>> = {
  imported: 'new',
  side: 'new',
  reorg: 'new',
  known: 'known',
}

/** Turns the errors that speak of the block into outcomes; any other (a full disk) is thrown. */
export async function importBlock(chain: Pick<Chain, 'importBlock'>, block: Block): Promise<ImportOutcome> {
  try {
    const { status } = await chain.importBlock(block, { source: 'network' })
    return { kind: KINDS[status] }
  } catch (error) {
    if (!(error instanceof BlockError)) throw error
    if (error.code === 'unknown-parent') return { kind: 'unknown-parent' }
    return { kind: isLocalBlockError(error) ? 'later' : 'invalid', error }
  }
}

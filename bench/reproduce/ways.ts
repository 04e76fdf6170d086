import type { MadeBlock } from '../../test/support/block-lab.ts'
import { measureWays, SENDERS_KNOWN, type Timing, type Timings } from '../block/block.ts'
import type { BlockSite } from './block-site.ts'
import type { Sizes } from './sizes.ts'

/** How blocks are taken in: serially, by whole groups, and with long groups cut, on one and on two workers. */
export const WAYS = ['serial', 'groups, 1', 'groups, 2', 'split, 1', 'split, 2'] as const
export type Way = (typeof WAYS)[number]

const OPTIONS = { pools: [1, 2], strategies: ['serial', 'groups', 'split'] } as const

export async function measureBlockWays(site: BlockSite, { block }: MadeBlock, { blocks }: Sizes): Promise<Timings> {
  return await measureWays(block, site, { ...OPTIONS, warmUps: blocks.warmUps, rounds: blocks.rounds })
}

/** Of a way that recovers the senders, or of one that knows them from its pool. */
export function timingOf(timings: Timings, way: Way, options: { readonly sendersKnown?: boolean } = {}): Timing {
  return timings.get(options.sendersKnown ? `${way}${SENDERS_KNOWN}` : way)!
}

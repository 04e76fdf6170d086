import { BlockError } from '../execution/block/block-error.ts'
import type { Block } from '../primitives/block.ts'
import { type Header, headerHash, headerToRlpItem } from '../primitives/header.ts'
import type { Hash } from '../primitives/hex.ts'
import { keccak256Hex } from '../primitives/keccak.ts'
import { encodeRlp } from '../primitives/rlp.ts'
import { type HeaderContext, verifyHeader } from './header-rules.ts'

const MAX_OMMERS = 2
/** An ommer's parent is among this many ancestors of the block. */
const MAX_OMMER_DEPTH = 6

/** keccak256 of the RLP list of the headers. */
export function ommersHash(ommers: readonly Header[]): Hash {
  return keccak256Hex(encodeRlp(ommers.map(headerToRlpItem)))
}

/** Stored blocks of any branch. */
export interface AncestorLookup {
  block(hash: Hash): Pick<Block, 'header' | 'ommers'> | undefined
}

/**
 * Each ommer is a valid header, a child of one of the block's 2nd to 7th last ancestors, no ancestor itself, and in no
 * block before (Yellow Paper 11.1). Throws `BlockError` `wrong-ommers`, or what the ommer's own header is wrong in.
 */
export function verifyOmmers(
  block: Pick<Block, 'header' | 'ommers'>,
  lookup: AncestorLookup,
  context: HeaderContext,
): void {
  const { header, ommers } = block
  if (ommers.length === 0) return
  if (ommers.length > MAX_OMMERS) throw wrongOmmers('more than two')
  const ancestors = recentAncestors(header, lookup)
  const taken = new Set<Hash>(ancestors.keys())
  for (const ancestor of ancestors.values()) for (const ommer of ancestor.ommers) taken.add(headerHash(ommer))
  for (const ommer of ommers) {
    const hash = headerHash(ommer)
    if (taken.has(hash)) throw wrongOmmers('an ancestor, or in a block already', hash)
    taken.add(hash)
    const parent = ancestors.get(ommer.parentHash)
    if (parent === undefined || ommer.parentHash === header.parentHash)
      throw wrongOmmers('not of this generation', hash)
    verifyHeader(ommer, parent.header, context)
  }
}

/** The block's last seven ancestors: the oldest may be an ommer's parent. */
function recentAncestors(header: Header, lookup: AncestorLookup): Map<Hash, Pick<Block, 'header' | 'ommers'>> {
  const ancestors = new Map<Hash, Pick<Block, 'header' | 'ommers'>>()
  let hash = header.parentHash
  while (ancestors.size <= MAX_OMMER_DEPTH) {
    const ancestor = lookup.block(hash)
    if (ancestor === undefined) break
    ancestors.set(hash, ancestor)
    hash = ancestor.header.parentHash
  }
  return ancestors
}

function wrongOmmers(reason: string, hash?: Hash): BlockError {
  return new BlockError('wrong-ommers', `ommer: ${reason}`, { ommer: hash })
}

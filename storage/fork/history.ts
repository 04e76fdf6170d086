import type { Hash } from '../../primitives/hex.ts'
import { BlockStore } from '../block-store.ts'
import { ChangedState } from '../changed-state.ts'
import type { StoredHead } from '../head.ts'
import { numberKey } from '../keys.ts'
import type { Reader } from '../reader.ts'
import { decodeStateDiff } from '../state-diff-codec.ts'
import type { StateView } from '../state-view.ts'
import type { ForkPoint } from './fork-point.ts'

/** Blocks whose changes are taken back for one view: half a second of decoding, and some 50 MB where each changes a few slots. */
const MAX_DEPTH = 65_536n

/**
 * The state after a block between the fork point and the head, both included: the head's, with what each later block has changed
 * taken back. The trie of a forked chain cannot tell it: it says nothing of what is as in the base, and the same of what is zero.
 * `undefined` for any other block, and for one that is too far back.
 */
export function viewOfForked(
  hash: Hash,
  { reader, head, point }: { readonly reader: Reader; readonly head: StoredHead; readonly point: ForkPoint },
  headView: StateView,
): StateView | undefined {
  const blocks = new BlockStore({ reader })
  const number = hash === point.hash ? point.number : blocks.header(hash)?.number
  if (number === undefined || number < point.number || head.number - number > MAX_DEPTH) return undefined
  if (blocks.canonicalHash(number) !== hash) return undefined
  const view = new ChangedState(headView)
  for (let undone = head.number; undone > number; undone--) {
    const reverse = reader.get(numberKey('reverseDiff', undone))
    if (reverse === undefined) return undefined
    view.apply(decodeStateDiff(reverse))
  }
  return view
}

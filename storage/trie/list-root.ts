import { bigintToMinimalBytes } from '../../primitives/bytes.ts'
import type { Hash } from '../../primitives/hex.ts'
import { encodeRlp } from '../../primitives/rlp.ts'
import { trieRoot } from './update.ts'

/**
 * Root of the trie of an ordered list, the key of each item being the RLP of its index: transactions, receipts and
 * withdrawals of a header (Yellow Paper 4.4.2).
 */
export function listRoot(items: readonly Uint8Array[]): Hash {
  const changes = items.map((item, index) => ({
    key: encodeRlp(bigintToMinimalBytes(BigInt(index))),
    update: () => item,
  }))
  return trieRoot(changes)
}

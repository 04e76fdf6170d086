import { hashToBytes } from '../primitives/hex.ts'
import { EMPTY_TRIE_ROOT } from '../primitives/keccak.ts'
import { BlockStore } from './block-store.ts'
import { readForkPoint } from './fork/fork-point.ts'
import { readHead } from './head.ts'
import { trieNodeKey } from './keys.ts'
import type { Reader } from './reader.ts'
import { StorageError } from './storage-error.ts'

/**
 * How far back. LevelDB passes over a damaged record of its log without a word, which loses one batch but not those
 * after it; a log of 16 MB holds a few hundred filled blocks, or some thousand empty ones. Reading these costs 50 ms.
 */
const CHECKED_BLOCKS = 2048n

/**
 * Whether the newest blocks are all there: each canonical one stored and the child of the one before, and the head's
 * state root. Throws StorageError `corrupt` naming what is not.
 */
export function checkRecentBlocks(reader: Reader): void {
  const head = readHead(reader)
  if (head === undefined) return
  const blocks = new BlockStore({ reader })
  const first = readForkPoint(reader)?.number ?? 0n
  let expected = head.hash
  for (let number = head.number; number >= first && head.number - number < CHECKED_BLOCKS; number--) {
    if (blocks.canonicalHash(number) !== expected) throw damage(`block ${number} is not where its child points`)
    const header = blocks.header(expected)
    if (header === undefined) throw damage(`the header of block ${number} is missing`)
    expected = header.parentHash
  }
  const { stateRoot } = head
  if (blocks.stateRoot(head.hash) !== stateRoot) throw damage('the head has another state root than its block')
  if (stateRoot !== EMPTY_TRIE_ROOT && reader.get(trieNodeKey(hashToBytes(stateRoot))) === undefined) {
    throw damage("the root of the head's state trie is missing")
  }
}

function damage(what: string): StorageError {
  return new StorageError('corrupt', `the database is damaged: ${what}`)
}

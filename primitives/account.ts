import type { Hash } from './hex.ts'
import { encodeRlp } from './rlp.ts'
import { hash, record, uint64, uint256 } from './rlp-codec.ts'
import { RlpCursor } from './rlp-cursor.ts'

/** An account as the state trie holds it (Yellow Paper 4.1). */
export interface TrieAccount {
  readonly nonce: bigint
  readonly balance: bigint
  readonly storageRoot: Hash
  readonly codeHash: Hash
}

const trieAccount = record<TrieAccount>('account', {
  nonce: uint64,
  balance: uint256,
  storageRoot: hash,
  codeHash: hash,
})

/** The value of a leaf of the state trie. */
export function encodeTrieAccount(account: TrieAccount): Uint8Array {
  return encodeRlp(trieAccount.encode(account))
}

/** Throws DecodeError. */
export function decodeTrieAccount(bytes: Uint8Array): TrieAccount {
  return new RlpCursor(bytes).whole(trieAccount.decode, 'account')
}

/**
 * What the first byte of a key means. Numbers are never reused: a retired bucket stays here as a comment. Integers in
 * keys are big-endian, so that keys ascend with them.
 */
export const BUCKETS = {
  /** Text -> bytes: schema version, chain id and genesis hash (`identity.ts`). */
  identity: 0,
  /** No key -> hash (32), number (8), state root (32) of the block that the flat state is the state after. */
  head: 1,
  /** Block hash (32) -> RLP of the header. Side blocks too. */
  header: 2,
  /** Block hash (32) -> RLP of transactions, ommers, withdrawals and block access list. Side blocks too. */
  body: 3,
  /** Block hash (32) -> RLP list of receipts in consensus form. Executed blocks only. */
  receipts: 4,
  /** Block hash (32) -> sender addresses (20 each). Executed blocks only. */
  senders: 5,
  /** Block hash (32) -> total difficulty including the block, minimal big-endian. Side blocks too. */
  totalDifficulty: 6,
  /** Block number (8) -> hash (32) of the canonical block. */
  canonicalHash: 7,
  /** Transaction hash (32) -> block number (8), index (4), block hash (32). Canonical blocks only. */
  transactionLocation: 8,
  /**
   * Block number (8) -> the state diff that undoes the canonical block and what its user has changed after it
   * (`state-diff-codec.ts`). Of the genesis, what was changed after it alone.
   */
  reverseDiff: 9,
  /** Block hash (32) -> how this node executed it, opaque bytes. The last blocks only. */
  replay: 10,
  /** Address (20) -> account and its number of slots (`flat-account.ts`). */
  account: 11,
  /** Address (20), slot (32) -> value, minimal big-endian, never zero. */
  slot: 12,
  /** keccak256 (32) -> code. Never deleted: accounts share it. */
  code: 13,
  /** keccak256 (32) -> RLP of a trie node. Tries of all accounts and states share it. */
  trieNode: 14,
  /** Text -> bytes: small things of other folders, such as the peer key. */
  metadata: 15,
  /** Text -> bytes: the transactions of the pool. */
  poolJournal: 16,
  /** Block hash (32) -> root (32) of the state after the block, where its user has changed that since (`changeHeadState`). */
  changedStateRoot: 17,
} as const

export type Bucket = keyof typeof BUCKETS

import type { Hash } from '../primitives/hex.ts'

/** Raised when a message changes its meaning: nodes of different versions do not talk. */
export const PROTOCOL_VERSION = 1n

const SHORT_HASH_CHARACTERS = 10

export interface ChainIdentity {
  readonly chainId: bigint
  readonly genesisHash: Hash
}

/** The first 4 bytes of the genesis hash: enough to keep chains with the same id apart. */
function shortHash(genesisHash: Hash): string {
  return genesisHash.slice(0, SHORT_HASH_CHARACTERS)
}

/** Gossip topic of new blocks. */
export function blocksTopic({ chainId, genesisHash }: ChainIdentity): string {
  return `/pavm/${chainId}/${shortHash(genesisHash)}/blocks/1`
}

/** Gossip topic of new transactions. */
export function transactionsTopic({ chainId, genesisHash }: ChainIdentity): string {
  return `/pavm/${chainId}/${shortHash(genesisHash)}/transactions/1`
}

/** What nodes of one chain ask for in the local network. A DNS label: letters, digits and hyphens. */
export function mdnsService({ chainId, genesisHash }: ChainIdentity): string {
  return `_pavm-${chainId}-${shortHash(genesisHash).slice(2)}._udp.local`
}

/** The same on every chain, so that a status can say which chain a node is on. */
export const PROTOCOLS = {
  status: '/pavm/status/1',
  canonicalHashes: '/pavm/canonical-hashes/1',
  blocksByRange: '/pavm/blocks-by-range/1',
  blocksByHash: '/pavm/blocks-by-hash/1',
  pooledTransactions: '/pavm/pooled-transactions/1',
} as const

export type ProtocolName = keyof typeof PROTOCOLS

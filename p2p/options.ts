import type { Hash } from '../primitives/hex.ts'

export interface NetworkOptions {
  readonly chainId: bigint
  readonly genesisHash: Hash
  /** IP address to listen on. */
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  /** Multiaddrs that are dialled, and dialled again whenever the connection is lost. With or without `/p2p/<id>`. */
  readonly peers: readonly string[]
  /** Finds nodes of the same chain in the local network. */
  readonly mdns: boolean
  readonly maxPeers: number
  /** Encoded bytes from which on a block is announced and pulled instead of gossiped whole. */
  readonly announceAboveBytes: number
}

/** Bounds of everything that comes from outside. Constant for a node; tests lower them. */
export interface NetworkLimits {
  /** Bytes of a gossip message: a transaction with six blobs and their proofs (EIP-7594) fits. */
  readonly maxGossipBytes: number
  /** Bytes of a block: the 8 MiB of EIP-7934, and as much again for its access list. */
  readonly maxBlockBytes: number
  /** Bytes of a request, a status or a list of hashes. */
  readonly maxSmallMessageBytes: number
  readonly maxBlocksPerRequest: number
  /** Bytes of blocks, or of transactions, after which a response ends though more was asked for. */
  readonly maxResponseBytes: number
  /** Canonical numbers whose hashes one request may ask for. */
  readonly maxNumbersPerRequest: number
  /** Transactions handed over to a peer that connects. */
  readonly maxPooledTransactions: number
  /** Transactions in a gossip message. */
  readonly maxTransactionBatch: number
  /** For a response that has not begun or has stopped: generous, since every core may be busy with replay. */
  readonly requestTimeoutMs: number
  /** Requests a peer may send: per second on average, and at once. */
  readonly requestsPerSecond: number
  readonly requestBurst: number
  /** Gossip messages a peer may send: per second on average, and at once. Transactions come in batches. */
  readonly gossipMessagesPerSecond: number
  readonly gossipBurstMessages: number
  /** Bytes of them. */
  readonly gossipBytesPerSecond: number
  readonly gossipBurstBytes: number
  /** Requests served at the same time, to one peer and per protocol, and to all. */
  readonly maxServedPerPeer: number
  readonly maxServed: number
  /** Announced blocks being pulled, from all peers: each may take `maxBlockBytes` of memory. More are ignored. */
  readonly maxPulls: number
  /** Gossip messages being validated. More are ignored. */
  readonly maxValidations: number
  /** How often every peer is asked for its head: repairs whatever gossip has missed. */
  readonly statusIntervalMs: number
  /** Wait between attempts to dial a given address: doubles from the first to the second. */
  readonly redialMinMs: number
  readonly redialMaxMs: number
  /** How long a peer that was cut off is refused: doubles each time, up to the second. */
  readonly refusalMinMs: number
  readonly refusalMaxMs: number
  /** How many missing ancestors are fetched one by one, before range sync takes over. */
  readonly maxAncestors: number
  /** A node one block behind waits this long for gossip to bring it, before it asks. */
  readonly gossipGraceMs: number
}

const MEBIBYTE = 1024 * 1024

export const DEFAULT_LIMITS: NetworkLimits = {
  maxGossipBytes: MEBIBYTE,
  maxBlockBytes: 16 * MEBIBYTE,
  maxSmallMessageBytes: 8 * 1024,
  maxBlocksPerRequest: 128,
  maxResponseBytes: 8 * MEBIBYTE,
  maxNumbersPerRequest: 64,
  maxPooledTransactions: 4096,
  maxTransactionBatch: 256,
  requestTimeoutMs: 10_000,
  requestsPerSecond: 20,
  requestBurst: 100,
  gossipMessagesPerSecond: 300,
  gossipBurstMessages: 3_000,
  gossipBytesPerSecond: 4 * MEBIBYTE,
  gossipBurstBytes: 64 * MEBIBYTE,
  maxServedPerPeer: 4,
  maxServed: 32,
  maxPulls: 8,
  maxValidations: 512,
  statusIntervalMs: 5_000,
  redialMinMs: 250,
  redialMaxMs: 10_000,
  refusalMinMs: 60_000,
  refusalMaxMs: 3_600_000,
  maxAncestors: 16,
  gossipGraceMs: 500,
}

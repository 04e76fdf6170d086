import type { ChainConfig } from '../config/chain.ts'
import type { Controls } from '../consensus/control/controls.ts'
import type { MadeBlock } from '../consensus/control/miner.ts'
import type { HeadChange } from '../consensus/head-change.ts'
import type { PayloadBuilder } from '../consensus/payload-builder.ts'
import type { CallService } from '../execution/call.ts'
import type { TraceService } from '../execution/tracing/trace-request.ts'
import type { DeveloperAccount } from '../primitives/developer-accounts.ts'
import type { Header } from '../primitives/header.ts'
import type { Address, Hash } from '../primitives/hex.ts'
import type { BlobSidecar, Transaction } from '../primitives/transaction.ts'
import type { BlockStore } from '../storage/block-store.ts'
import type { ForkPoint } from '../storage/fork/fork-point.ts'
import type { ReadSnapshot } from '../storage/state-store.ts'
import type { StateView } from '../storage/state-view.ts'
import type { NodeReader } from '../storage/trie/node-reader.ts'

/**
 * What the RPC server needs of the rest of the node, as narrow as it can be said. The classes of `storage`, `consensus`
 * and `p2p` fit these shapes as they are, or nearly so: `node` puts them together, tests write them in a few lines.
 */

/** Stored blocks. All reads are synchronous. */
export type BlockReader = Pick<
  BlockStore,
  | 'header'
  | 'block'
  | 'encodedTransactions'
  | 'canonicalHash'
  | 'receipts'
  | 'logs'
  | 'stateRoot'
  | 'senders'
  | 'transactionLocation'
  | 'totalDifficulty'
  | 'replay'
>

export interface LocatedHeader {
  readonly header: Header
  readonly hash: Hash
}

/** The chain as it moves. */
export interface ChainReader {
  head(): LocatedHeader
  finality(): { readonly safe: Header; readonly finalized: Header }
  /** Found invalid lately, the newest last. */
  badBlocks(): readonly { readonly hash: Hash; readonly rlp: Uint8Array }[]
  on(event: 'head', listener: (change: HeadChange) => void): unknown
  off(event: 'head', listener: (change: HeadChange) => void): unknown
}

/** World state after any block whose state is kept. */
export interface StateReader {
  /** Views of one moment, whatever is imported meanwhile. */
  snapshot(): Pick<ReadSnapshot, 'stateAt' | 'close'>
  /** See `StateStore.current`. */
  current?(hash: Hash): StateView | undefined
  /** For proofs. */
  readonly nodes: NodeReader
  /** Reads what may have to be waited for: see `Database.fetched`; absent where there is no such thing. */
  readonly fetched?: (<T>(read: () => T) => Promise<T>) | undefined
}

/** The chain that a forked one begins upon. */
export interface UpstreamReader {
  /** `undefined`: this chain is no forked one now. */
  readonly point: ForkPoint | undefined
  /** Of the node that is asked, for people. */
  readonly name: string
  /**
   * What it answers about blocks up to the fork point, which is nobody's word but its own; remembered if it is understood. Rejects with StorageError
   * `upstream-failed`, UpstreamAnswerError where it answers with an error.
   */
  answer(method: string, params: readonly unknown[], isUnderstood: (result: unknown) => boolean): Promise<unknown>
}

/** The pool's transactions by sender, each list ascending by nonce. */
export interface PoolContent {
  readonly pending: PooledBySender
  readonly queued: PooledBySender
}

export type PooledBySender = ReadonlyMap<Address, readonly { readonly transaction: Transaction }[]>

export interface PoolAccess {
  /** Rejects with `PoolError` or `TransactionError`. */
  add(
    transaction: Transaction,
    options: { readonly sidecar?: BlobSidecar | undefined; readonly local: boolean },
  ): Promise<Hash>
  get(hash: Hash): Transaction | undefined
  /** With the sidecar that it came with. */
  pooled(hash: Hash): { readonly sidecar?: BlobSidecar | undefined } | undefined
  /** After the pending transactions of the account. */
  nextNonce(address: Address): bigint | Promise<bigint>
  content(): PoolContent
  status(): { readonly pending: number; readonly queued: number }
  on(event: 'transaction', listener: (transaction: Transaction, hash: Hash) => void): unknown
  off(event: 'transaction', listener: (transaction: Transaction, hash: Hash) => void): unknown
}

/** What this node says of a peer. */
export interface Peer {
  readonly id: string
  readonly address: string
  readonly direction: 'inbound' | 'outbound'
  readonly score?: number | undefined
  readonly head?: { readonly hash: Hash; readonly number: bigint } | undefined
}

export type SyncStatus =
  | { readonly syncing: false }
  | {
      readonly syncing: true
      readonly startingBlock: bigint
      readonly currentBlock: bigint
      readonly highestBlock: bigint
    }

export interface NetworkReader {
  peers(): readonly Peer[]
  syncStatus(): SyncStatus
  /** Peer identity and the addresses others can dial. */
  nodeInfo(): { readonly peerId: string; readonly addresses: readonly string[] }
}

/** The replay pool, for those who want to check which core ran what. */
export interface WorkerInfo {
  readonly index: number
  readonly core: number | undefined
  readonly threadId: number | undefined
}

/** What became of hot code since the process began. */
export interface CompilerCounts {
  readonly compiled: number
  readonly reused: number
  readonly givenUp: number
  readonly stopped: number
  readonly busy: number
  readonly evicted: number
  /** Kept now. */
  readonly bytes: number
  readonly milliseconds: number
  /** Now. */
  readonly waiting: number
}

/** What the fee methods need of the chain's rules (EIP-1559, EIP-4844). Wei. */
export interface FeeRules {
  /** Base fee of a child of this block. */
  nextBaseFee(header: Header): bigint
  /** 0n before Cancun. */
  blobBaseFee(header: Header): bigint
  /** Blob base fee of a child of this block. */
  nextBlobBaseFee(header: Header): bigint
  /** Most blob gas in a block like this one; 0n before Cancun. */
  maxBlobGas(header: Header): bigint
}

/** Structured log lines: fields, then a message. */
export interface Log {
  debug(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** There is nothing that callers may control. */
export interface ControlsRefused {
  /** For callers, in words. */
  readonly refusal: string
}

/** Everything behind the server; each part of it takes what it needs by `Pick`. */
export interface RpcModules {
  readonly blocks: BlockReader
  readonly chain: ChainReader
  readonly state: StateReader
  readonly pool: PoolAccess
  readonly calls: CallService & TraceService
  readonly network: NetworkReader
  readonly fees: FeeRules
  readonly config: ChainConfig
  /** Of a chain that is, or may become, a forked one. */
  readonly upstream?: UpstreamReader | undefined
  /** For testing_buildBlockV1, which is served only where there is one. */
  readonly payloads?: PayloadBuilder | undefined
  /** Accounts for which the node signs. */
  readonly accounts: readonly DeveloperAccount[]
  /** The chain in its user's hands, or why it is not. */
  readonly controls: Controls | ControlsRefused
  /** What whoever looks at the chain waits for, so that he sees all that has been answered; `undefined` where nothing is put off. */
  readonly settled?: (() => Promise<void> | undefined) | undefined
  /** A block that can be told of before it is stored, and so before whoever waits by `settled` goes on. */
  readonly made?: (() => MadeBlock | undefined) | undefined
  /** Writes a line that a contract has logged by `console.log`; absent where that is not looked for. */
  readonly writeConsole?: ((line: string) => void) | undefined
  /** Workers of the replay pool. */
  readonly workers: () => readonly WorkerInfo[]
  readonly compiler: () => CompilerCounts
  readonly log: Log
}

import type { Chain } from '../consensus/chain.ts'
import type { TxPool } from '../consensus/txpool/pool.ts'
import type { Log } from '../execution/parallel/log.ts'
import type { BlockStore } from '../storage/block-store.ts'
import type { IdentityStore } from './identity.ts'

/** What the network needs of the rest of the node. */
export type NetworkChain = Pick<Chain, 'head' | 'importBlock'>
export type NetworkBlocks = Pick<BlockStore, 'block' | 'hasBlock' | 'canonicalHash' | 'totalDifficulty'>
export type NetworkPool = Pick<TxPool, 'add' | 'content' | 'pooled' | 'on' | 'off'>

export interface NetworkModules {
  readonly chain: NetworkChain
  readonly blocks: NetworkBlocks
  readonly txpool: NetworkPool
  readonly identity: IdentityStore
  readonly log: Log
}

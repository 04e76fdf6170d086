import type { HeadChange } from '../consensus/head-change.ts'
import type { Hash } from '../primitives/hex.ts'
import { follow } from './follow.ts'
import { Journal } from './journal.ts'
import type { RpcModules, SyncStatus } from './modules.ts'

/** A block has become the head, or has left the canonical chain. */
export interface HeadStep {
  readonly hash: Hash
  readonly removed: boolean
}

/** Some 130 bytes each. */
const KEPT_STEPS = 1 << 15
const KEPT_TRANSACTIONS = 10_000
const KEPT_SYNC_STATES = 16

/** Between looks at whether the node is catching up. */
const SYNC_INTERVAL_MS = 1_000

type Modules = Pick<RpcModules, 'chain' | 'pool' | 'network' | 'log'>

/**
 * What has happened to the chain and the pool, as clients are told of it. Whoever is to tell has a place in here, and looks
 * up what there is to say in the stored blocks when a client takes it: so a client that is slow, or does not ask, costs
 * no memory, and importing a block does not wait for anybody.
 */
export class ChainNews {
  /** After a reorg first the blocks that left, the newest first, then those that came. */
  readonly steps = new Journal<HeadStep>({ kept: KEPT_STEPS })
  /** Transactions that came into the pool, ready to be mined. */
  readonly transactions = new Journal<Hash>({ kept: KEPT_TRANSACTIONS })
  /** How the node began and ended to catch up; the last is how it is now. */
  readonly syncing = new Journal<SyncStatus>({ kept: KEPT_SYNC_STATES })
  readonly #network: RpcModules['network']
  readonly #onNews: () => void
  readonly #unfollow: () => void
  readonly #syncTimer: NodeJS.Timeout

  /** `onNews` is called after each change. */
  constructor(modules: Modules, onNews: () => void = () => undefined) {
    this.#network = modules.network
    this.#onNews = onNews
    this.syncing.push(modules.network.syncStatus())
    this.#syncTimer = setInterval(() => this.#look(), SYNC_INTERVAL_MS).unref()
    this.#unfollow = follow(modules, {
      onHead: (change) => this.#note(change),
      onTransaction: (_, hash) => {
        this.transactions.push(hash)
        onNews()
      },
    })
  }

  close(): void {
    clearInterval(this.#syncTimer)
    this.#unfollow()
  }

  #note({ removed, added }: HeadChange): void {
    for (const { hash } of removed) this.steps.push({ hash, removed: true })
    for (const { hash } of added) this.steps.push({ hash, removed: false })
    this.#onNews()
  }

  #look(): void {
    const status = this.#network.syncStatus()
    if (status.syncing === this.syncing.at(this.syncing.end - 1)?.syncing) return
    this.syncing.push(status)
    this.#onNews()
  }
}

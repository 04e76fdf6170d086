import type { Rules } from '../../config/hardforks.ts'
import type { Log } from '../../execution/parallel/log.ts'
import type { SenderCache } from '../../execution/sender-cache.ts'
import type { Hash } from '../../primitives/hex.ts'
import type { StateView } from '../../storage/state-view.ts'

/** What is known of the block after the head. Fees in wei per (blob) gas. */
export interface NextBlock {
  readonly rules: Rules
  readonly gasLimit: bigint
  readonly baseFeePerGas: bigint
  /** Instead of what the pool's options say, where the user of the chain wants another. */
  readonly minimumGasPrice?: bigint | undefined
}

/** Where the pool's transactions survive a restart: a small key-value store. */
export interface PoolJournal {
  entries(): AsyncIterable<readonly [hash: string, value: Uint8Array]>
  /** One batch; a value of `undefined` deletes. */
  write(changes: ReadonlyMap<string, Uint8Array | undefined>): Promise<void>
}

export type PoolSenders = Pick<SenderCache, 'get' | 'add'>

export interface PoolModules {
  nextBlock(): NextBlock
  /** The state after the head. */
  state(): Pick<StateView, 'account' | 'code'>
  /** Where reading the state may have to wait: see `Database.fetched`. */
  readonly fetched?: (<T>(read: () => T) => Promise<T>) | undefined
  readonly journal?: PoolJournal | undefined
  /** Where senders are remembered for when their transactions come in a block. */
  readonly senders?: PoolSenders | undefined
  /** Awaited before a local sender is answered: where its block comes at once. */
  readonly settle?: ((hash: Hash) => Promise<void>) | undefined
  readonly log?: Pick<Log, 'warn'> | undefined
  /** Milliseconds since 1970; the clock where absent. */
  readonly now?: (() => number) | undefined
}

import type { Rules } from '../../config/hardforks.ts'
import type { Log } from '../../execution/parallel/log.ts'
import type { StateView } from '../../storage/state-view.ts'

/** What is known of the block after the head. Fees in wei per (blob) gas. */
export interface NextBlock {
  readonly rules: Rules
  readonly gasLimit: bigint
  readonly baseFeePerGas: bigint
}

/** Where the pool's transactions survive a restart: a small key-value store. */
export interface PoolJournal {
  entries(): AsyncIterable<readonly [hash: string, value: Uint8Array]>
  /** One batch; a value of `undefined` deletes. */
  write(changes: ReadonlyMap<string, Uint8Array | undefined>): Promise<void>
}

export interface PoolModules {
  nextBlock(): NextBlock
  /** The state after the head. */
  state(): Pick<StateView, 'account' | 'code'>
  readonly journal?: PoolJournal | undefined
  readonly log?: Pick<Log, 'warn'> | undefined
  /** Milliseconds since 1970; the clock where absent. */
  readonly now?: (() => number) | undefined
}

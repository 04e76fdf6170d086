import type { ForkedBlock } from '../../storage/commit.ts'

/** Which block of which chain is to be forked; what is left out is as it is, the block the newest. */
export interface ForkAddress {
  readonly url: string | undefined
  readonly block: bigint | undefined
}

/** A block of another chain upon which this one begins, and who knows it. */
export interface Fork extends ForkedBlock {
  /** Of the node that is asked, for people: nothing secret. */
  readonly name: string
}

/** What of a chain in its user's hands is another chain's. */
export interface Forking {
  /** `undefined`: this chain begins with its genesis. */
  readonly current: Fork | undefined
  /** Rejects with StorageError `upstream-failed`, ControlError `no-fork`. */
  locate(address: ForkAddress): Promise<Fork>
  /** Puts a chain upon that block in the place of this one, or (`undefined`) one with the genesis. */
  restart(fork: Fork | undefined): Promise<void>
  /** Has another node asked, which knows the same block. Rejects with StorageError `upstream-failed`, ControlError `no-fork`. */
  setUrl(url: string): Promise<void>
}

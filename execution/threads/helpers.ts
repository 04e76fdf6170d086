import type { TransactionContext } from '../evm/context.ts'
import type { Exit } from '../evm/exit.ts'
import type { Message } from '../evm/message.ts'

/** What running a sub-thread by itself gave, where that is all that there is to say of it. */
export interface Speculated {
  readonly exit: Exclude<Exit, { readonly kind: 'halt' }>
  readonly gasUsed: bigint
  /** Threads that it has started. */
  readonly started: number
}

/** A sub-thread that others may run while its frame does something else. */
export interface ThreadTask {
  readonly id: bigint
  readonly data: Uint8Array
}

/** Some threads of one frame, offered to others. */
export interface Offer {
  /**
   * What came of a task, once nobody works on it; `undefined` if nothing did, and from now on nobody will: whoever asks runs the thread
   * himself.
   */
  take(task: number): Speculated | undefined
  /** Nobody needs the others any more. */
  close(): void
}

/** Other processors that can run sub-threads. */
export interface ThreadHelpers {
  /** `message`: of each thread but for its id and data, with the gas that none of them can be given more of. */
  offer(tasks: readonly ThreadTask[], message: Message, transaction: TransactionContext): Offer
}

let helpers: ThreadHelpers | undefined

/** Who helps this thread from now on. @returns who did before */
export function setThreadHelpers(next: ThreadHelpers | undefined): ThreadHelpers | undefined {
  const before = helpers
  helpers = next
  return before
}

export function threadHelpers(): ThreadHelpers | undefined {
  return helpers
}

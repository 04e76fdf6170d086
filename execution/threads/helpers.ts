import type { TransactionContext } from '../evm/context.ts'
import type { Exit } from '../evm/exit.ts'
import type { Message } from '../evm/message.ts'

/** What running a sub-thread by itself gave, where that is all that there is to say of it. */
export interface Speculated {
  readonly exit: Exclude<Exit, { readonly kind: 'halt' }>
  readonly gasUsed: bigint
}

/** A sub-thread that others may run while its frame does something else. */
export interface ThreadTask {
  readonly id: bigint
  readonly data: Uint8Array
}

/** No helper can run the thread; or the one who has begun with it is not through. */
export type HelpFailure = 'in vain' | 'late'

/** Threads of one frame, offered to others. */
export interface Offer {
  /**
   * From now on somebody may run it. Returns its number; `undefined` where there is no room for it.
   *
   * @param expectedMs how long it is likely to take, if that is known
   */
  add(task: ThreadTask, expectedMs: number | undefined): number | undefined
  /**
   * What came of a task, after so long at the latest; `undefined` if nobody has begun with it. From now on nobody works on it: without a
   * result whoever asks runs the thread himself.
   */
  take(task: number, patienceMs: number): Speculated | HelpFailure | undefined
  /** Nobody needs the others any more, nor any of offers made later. */
  close(): void
}

/** Other processors that can run sub-threads. */
export interface ThreadHelpers {
  /** Threads that take less are not worth offering, in milliseconds. */
  readonly leastMs: number
  /**
   * Begins an offer; tasks are added to it until the next one is begun. `undefined` where there is no room for it.
   *
   * @param message of each thread but for its id and data, with the gas that none of them can be given more of
   */
  offer(message: Message, transaction: TransactionContext): Offer | undefined
  /** Closes all offers that are open. */
  closeAll(): void
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

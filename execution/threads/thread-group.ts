import type { Exit } from '../evm/exit.ts'
import { outputOf } from '../evm/message.ts'
import type { ThreadData } from './thread-data.ts'

/**
 * - `preparing`: started, not run yet.
 * - `running`: its frame runs.
 * - `waiting`: started behind a thread that has not taken effect yet, or put to sleep.
 * - `return`, `revert`: it has taken effect, or has none.
 */
export type ThreadState = 'preparing' | 'running' | 'waiting' | 'return' | 'revert'

/** What made a thread. */
export type ThreadOrigin = 'subsol' | 'afterw' | 'afterr' | 'aftera'

/** The thread that another one comes after, and the slot that this is about, if it is about one. */
export interface ThreadEdge {
  readonly after: bigint
  readonly slot?: bigint | undefined
}

/** A deferred call of the contract by itself. */
export interface SubThread {
  readonly id: bigint
  readonly origin: ThreadOrigin
  readonly data: Uint8Array
  readonly edge: ThreadEdge | undefined
  state: ThreadState
  /** What it returned, or reverted with. */
  output: Uint8Array
}

/** Something that cannot be meant: the frame reverts with it. */
export interface ThreadFault {
  readonly message: string
}

const NO_BYTES = new Uint8Array(0)

/**
 * The sub-threads of one frame. They take effect at the join: one after the other, in the order in which they were started, but
 * each after the one that its edge names. Whatever runs them, and when, does as if it were so.
 */
export class ThreadGroup {
  /** Words that the frame and its threads leave for one another. */
  readonly data: ThreadData
  readonly #threads = new Map<bigint, SubThread>()
  /** Those that have not taken effect, in the order in which they were started. */
  #pending: SubThread[] = []

  constructor(data: ThreadData) {
    this.data = data
  }

  /** Whether there is anything to join. */
  get isPending(): boolean {
    return this.#pending.length > 0
  }

  /** All of them, in the order in which they were started. */
  get started(): Iterable<SubThread> {
    return this.#threads.values()
  }

  /** Those of them that have not taken effect. */
  get pending(): readonly SubThread[] {
    return this.#pending
  }

  thread(id: bigint): SubThread | undefined {
    return this.#threads.get(id)
  }

  start(id: bigint, origin: ThreadOrigin, data: Uint8Array, edge?: ThreadEdge): ThreadFault | undefined {
    if (id === 0n) return { message: 'PaVM: thread 0 is the one that all begin with' }
    if (this.#threads.has(id)) return { message: `PaVM: there is a thread ${id} already` }
    const state = edge === undefined ? 'preparing' : 'waiting'
    const thread: SubThread = { id, origin, data, edge, state, output: NO_BYTES }
    this.#threads.set(id, thread)
    this.#pending.push(thread)
    return undefined
  }

  /** It is not going to have an effect. */
  drop(id: bigint): ThreadFault | undefined {
    const thread = this.#threads.get(id)
    if (thread === undefined) return unknown(id)
    if (!this.#pending.includes(thread)) return { message: `PaVM: thread ${id} has been joined already` }
    thread.state = 'revert'
    this.#pending = this.#pending.filter((each) => each !== thread)
    return undefined
  }

  /** Puts it to sleep, which changes when it runs and nothing that it does. */
  sleep(id: bigint): ThreadFault | undefined {
    const thread = this.#threads.get(id)
    if (thread === undefined) return unknown(id)
    if (thread.state === 'preparing') thread.state = 'waiting'
    return undefined
  }

  /** The next one to take effect, in the order of the join; `undefined` when all have. */
  next(): SubThread | ThreadFault | undefined {
    if (this.#pending.length === 0) return undefined
    for (const thread of this.#pending) {
      if (thread.edge === undefined) return thread
      const before = this.#threads.get(thread.edge.after)
      if (before === undefined) {
        return { message: `PaVM: thread ${thread.id} waits for thread ${thread.edge.after}, which was never started` }
      }
      if (before.state === 'return' || before.state === 'revert') return thread
    }
    return { message: `PaVM: threads wait for one another: ${this.#pending.map(({ id }) => id).join(', ')}` }
  }

  /** It has ended. */
  settle(thread: SubThread, exit: Exit): void {
    thread.state = exit.kind === 'return' ? 'return' : 'revert'
    thread.output = outputOf(exit)
    this.#pending = this.#pending.filter((each) => each !== thread)
  }

  /** All of those that are left have no effect. */
  dropAll(): void {
    for (const thread of this.#pending) thread.state = 'revert'
    this.#pending = []
  }
}

function unknown(id: bigint): ThreadFault {
  return { message: `PaVM: there is no thread ${id}` }
}

import { type Address, bytesToHex, type Hex } from '../../primitives/hex.ts'
import type { Frame } from '../evm/frame.ts'
import type { Message, MessageResult } from '../evm/message.ts'
import type { Tracer } from '../evm/tracer.ts'
import type { SubThread, ThreadGroup, ThreadOrigin, ThreadState } from './thread-group.ts'

/** A sub-thread of a transaction, as a trace tells of it. Plain data. */
export interface TracedThread {
  readonly id: bigint
  /** Number, in this list, of the thread whose frame started it; absent: a frame that is none. */
  readonly parent?: number | undefined
  readonly contract: Address
  readonly origin: ThreadOrigin
  /** What it comes after, and the slot that this is about. */
  readonly after?: bigint | undefined
  readonly slot?: bigint | undefined
  readonly data: Hex
  readonly state: ThreadState
  /** Place among those that took effect, from 0; absent if it did not. */
  readonly order?: number | undefined
  readonly gasUsed?: bigint | undefined
  readonly output?: Hex | undefined
  /** Microseconds, in the interpreter that traces. */
  readonly startUs?: number | undefined
  readonly durationUs?: number | undefined
}

/** What became of a thread. */
interface Entry {
  readonly thread: SubThread
  readonly parent: number | undefined
  readonly contract: Address
  order?: number
  gasUsed?: bigint
  startUs?: number
  durationUs?: number
}

/** Notes every sub-thread of a transaction: what started it, and what became of it. */
export class ThreadTracer implements Tracer {
  readonly #entries: Entry[] = []
  readonly #numbers = new Map<SubThread, number>()
  readonly #groups = new WeakMap<Message, ThreadGroup>()
  /** Messages under way, innermost last, with the number of the thread that each belongs to. */
  readonly #messages: { readonly message: Message; readonly thread: number | undefined }[] = []
  readonly #startMs = performance.now()
  #nextOrder = 0

  /** In the order in which they were started. */
  get threads(): TracedThread[] {
    return this.#entries.map(({ thread, ...entry }) => ({
      ...entry,
      id: thread.id,
      origin: thread.origin,
      after: thread.edge?.after,
      slot: thread.edge?.slot,
      data: bytesToHex(thread.data),
      state: thread.state,
      output: entry.order === undefined ? undefined : bytesToHex(thread.output),
    }))
  }

  onThreads({ message, threads }: Frame): void {
    this.#groups.set(message, threads!)
    for (const thread of threads!.started) {
      if (this.#numbers.has(thread)) continue
      this.#numbers.set(thread, this.#entries.length)
      this.#entries.push({ thread, parent: this.#messages.at(-1)?.thread, contract: message.recipient })
    }
  }

  onMessage(message: Message): void {
    const outer = this.#messages.at(-1)
    const own = message.thread === undefined ? undefined : this.#numberOf(outer!.message, message.thread.id)
    this.#messages.push({ message, thread: own ?? outer?.thread })
    if (own === undefined) return
    this.#entries[own]!.order = this.#nextOrder++
    this.#entries[own]!.startUs = this.#nowUs()
  }

  onResult(message: Message, { gasLeft }: MessageResult): void {
    const { thread } = this.#messages.pop()!
    if (message.thread === undefined) return
    const entry = this.#entries[thread!]!
    entry.gasUsed = message.gas - gasLeft
    entry.durationUs = this.#nowUs() - entry.startUs!
  }

  #numberOf(parent: Message, id: bigint): number {
    return this.#numbers.get(this.#groups.get(parent)!.thread(id)!)!
  }

  #nowUs(): number {
    return Math.round((performance.now() - this.#startMs) * 1_000)
  }
}

import { type Address, bytesToHex, type Hex } from '../../primitives/hex.ts'
import type { Frame } from '../evm/frame.ts'
import { type Message, type MessageResult, outputOf } from '../evm/message.ts'
import type { Instruction } from '../evm/opcodes.ts'
import type { Tracer } from '../evm/tracer.ts'
import type { ThreadOrigin, ThreadState } from './thread-group.ts'

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
  state: ThreadState
  /** Place among those that took effect, from 0; absent if it did not. */
  order?: number | undefined
  gasUsed?: bigint | undefined
  output?: Hex | undefined
  /** Microseconds, in the interpreter that traces. */
  startUs?: number | undefined
  durationUs?: number | undefined
}

/** Words on the stack of each instruction that starts a thread: those before offset and length of the data. */
const STARTERS: Readonly<Record<string, { readonly origin: ThreadOrigin; readonly words: number }>> = {
  SUBSOL: { origin: 'subsol', words: 1 },
  AFTERW: { origin: 'afterw', words: 3 },
  AFTERR: { origin: 'afterr', words: 3 },
  AFTERA: { origin: 'aftera', words: 2 },
}

/** Notes every sub-thread of a transaction: what started it, and what became of it. */
export class ThreadTracer implements Tracer {
  readonly threads: TracedThread[] = []
  /** Threads of frames by id; they are not seen to have run before a result tells so. */
  readonly #byFrame = new WeakMap<object, Map<bigint, number>>()
  /** Messages under way, innermost last, with the number of the thread that each belongs to. */
  readonly #messages: { readonly message: Message; readonly thread: number | undefined; readonly gas: bigint }[] = []
  readonly #startMs = performance.now()
  #nextOrder = 0

  onMessage(message: Message): void {
    const outer = this.#messages.at(-1)
    let thread = outer?.thread
    if (message.thread !== undefined && outer !== undefined) {
      thread = this.#byFrame.get(outer.message)?.get(message.thread.id)
      const traced = thread === undefined ? undefined : this.threads[thread]
      if (traced !== undefined) {
        traced.state = 'running'
        traced.order = this.#nextOrder++
        traced.startUs = this.#nowUs()
      }
    }
    this.#messages.push({ message, thread, gas: message.gas })
  }

  onStep(frame: Frame, { name, pops }: Instruction): void {
    if (frame.stack.size < pops) return
    const starter = STARTERS[name]
    if (starter !== undefined) this.#noteStart(frame, starter)
    else if (name === 'REVERTT') this.#note(frame, frame.stack.peek(0), 'revert')
    else if (name === 'SLEEP') this.#note(frame, frame.stack.peek(0), 'waiting')
  }

  onResult(message: Message, { exit, gasLeft }: MessageResult): void {
    const { thread, gas } = this.#messages.pop()!
    if (message.thread === undefined || thread === undefined) return
    const traced = this.threads[thread]!
    traced.state = exit.kind === 'return' ? 'return' : 'revert'
    traced.gasUsed = gas - gasLeft
    traced.output = bytesToHex(outputOf(exit))
    traced.durationUs = this.#nowUs() - traced.startUs!
  }

  #noteStart(frame: Frame, { origin, words }: (typeof STARTERS)[string]): void {
    const { stack, memory, message } = frame
    const id = stack.peek(0)
    const [offset, length] = [stack.peek(words), stack.peek(words + 1)]
    // Whether it can be paid for is for the instruction to say; a trace shows what is in memory already.
    const end = offset + length
    const isThere = end <= BigInt(memory.size)
    const ids = this.#byFrame.get(message) ?? new Map<bigint, number>()
    this.#byFrame.set(message, ids)
    if (ids.has(id)) return
    ids.set(id, this.threads.length)
    this.threads.push({
      id,
      parent: this.#messages.at(-1)?.thread,
      contract: message.recipient,
      origin,
      after: words > 1 ? stack.peek(1) : undefined,
      slot: words > 2 ? stack.peek(2) : undefined,
      data: isThere ? bytesToHex(memory.read(offset, length)) : '0x',
      state: words > 1 ? 'waiting' : 'preparing',
    })
  }

  #note(frame: Frame, id: bigint, state: ThreadState): void {
    const thread = this.#byFrame.get(frame.message)?.get(id)
    if (thread !== undefined && this.threads[thread]!.order === undefined) this.threads[thread]!.state = state
  }

  #nowUs(): number {
    return Math.round((performance.now() - this.#startMs) * 1_000)
  }
}

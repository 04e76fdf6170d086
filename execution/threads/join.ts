import { EMPTY_BYTES as NO_BYTES } from '../../primitives/bytes.ts'
import type { Exit } from '../evm/exit.ts'
import type { Frame } from '../evm/frame.ts'
import { withoutReserve } from '../evm/instructions/sub-message.ts'
import type { Message, MessageResult } from '../evm/message.ts'
import type { Warmth, WarmthMark } from '../state/warmth.ts'
import type { Offer, ThreadHelpers } from './helpers.ts'
import { isOfferable } from './offerable-code.ts'
import { ThreadData } from './thread-data.ts'
import type { SubThread } from './thread-group.ts'
import { expectedThreadTime, noteThreadTime } from './thread-times.ts'

/** A sub-thread that takes effect while its frame waits. */
export interface JoiningThread {
  readonly kind: 'thread'
  readonly thread: SubThread
  readonly threadMessage: Message
  /** What the frame ends with after the join; absent: it goes on. */
  readonly exit: Exit | undefined
  /** `performance.now()` when it began. */
  readonly startMs: number
  /** Where it began to make things warm. */
  readonly mark: WarmthMark
}

/** A join that is under way. */
interface Join {
  /**
   * What the frame's threads have made warm. Each of them begins with what was warm at the fork, and the frame gets all of it at the
   * join: were it otherwise, to read one and the same slot would make threads depend on one another (EIP-2929 has no threads).
   */
  readonly warmths: Warmth[]
  readonly offer: Offer | undefined
  /** Numbers of threads in the offer. */
  readonly tasks: ReadonlyMap<SubThread, number>
}

const joins = new WeakMap<Frame, Join>()

/** Each takes 8 KB of memory for its result; what comes behind them runs in its place. */
const MAX_OFFERED = 128
/** To offer threads, wake a helper and take its results over takes 0.1 ms or so. */
const WORTH_OFFERING_MS = 0.15

/** Lets helpers run threads of the frame that do not depend on one another; its own processor takes them in their order. */
export function offerThreads(frame: Frame, helpers: ThreadHelpers): void {
  const { message, context, threads } = frame
  const offered = threads!.pending.slice(1, 1 + MAX_OFFERED)
  if (offered.length === 0 || !isOfferable(message, context.rules)) return
  const isLong = ({ data }: SubThread) =>
    (expectedThreadTime(message.codeHash, data) ?? WORTH_OFFERING_MS) >= WORTH_OFFERING_MS
  if (!offered.some(isLong)) return
  const gas = withoutReserve(frame)
  const offer = helpers.offer(offered, { ...threadMessage(frame, gas), data: NO_BYTES }, context)
  joins.set(frame, { warmths: [], offer, tasks: new Map(offered.map((thread, task) => [thread, task])) })
}

/** Takes over what a helper found, if it did. Returns whether the thread has taken effect by that. */
export function settleSpeculated(frame: Frame, thread: SubThread): boolean {
  const join = joins.get(frame)
  const task = join?.tasks.get(thread)
  const result = task === undefined ? undefined : join!.offer!.take(task)
  if (result === undefined) return false
  const { started, rules } = frame.context
  const { exit, gasUsed } = result
  // It would have had less gas than it was given there, or more threads before it.
  if (gasUsed > withoutReserve(frame) || started.threads + result.started > rules.threads!.limit) return false
  started.threads += result.started
  frame.gas -= gasUsed
  frame.threads!.settle(thread, exit)
  return true
}

/** A thread gets all the gas that its frame has then, but for a 64th (EIP-150), and gives back what it does not use. */
export function beginThread(frame: Frame, thread: SubThread, exit: Exit | undefined): JoiningThread {
  const gas = withoutReserve(frame)
  frame.gas -= gas
  thread.state = 'running'
  return {
    kind: 'thread',
    thread,
    threadMessage: {
      ...threadMessage(frame, gas),
      data: thread.data,
      thread: { id: thread.id, data: new ThreadData(frame.threads!.data) },
    },
    exit,
    startMs: performance.now(),
    mark: frame.context.state.warmthMark(),
  }
}

/** Of any thread of the frame, but for which one it is. */
function threadMessage({ message }: Frame, gas: bigint): Omit<Message, 'data'> {
  return { ...message, kind: 'call', transfersValue: false, gas, depth: message.depth + 1 }
}

export function settleThread(
  frame: Frame,
  { thread, threadMessage, startMs, mark }: JoiningThread,
  result: MessageResult,
): void {
  noteThreadTime(frame.message.codeHash, thread.data, performance.now() - startMs)
  frame.gas += result.gasLeft
  if (result.exit.kind === 'return') threadMessage.thread!.data.commit()
  frame.threads!.settle(thread, result.exit)
  let join = joins.get(frame)
  if (join === undefined) {
    join = { warmths: [], offer: undefined, tasks: new Map() }
    joins.set(frame, join)
  }
  join.warmths.push(frame.context.state.takeWarmth(mark))
}

/** All threads of the frame have taken effect, or never will. */
export function endJoin(frame: Frame): void {
  const join = joins.get(frame)
  if (join === undefined) return
  joins.delete(frame)
  join.offer?.close()
  for (const warmth of join.warmths) frame.context.state.addWarmth(warmth)
}

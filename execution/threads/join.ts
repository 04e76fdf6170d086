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
import { isOfferedAgain, noteHelp, noteThreadTime, type ThreadTime, threadTime } from './thread-times.ts'

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

/** A join that is under way or comes, and what others may run of it. */
interface Join {
  /**
   * What the frame's threads have made warm. Each of them begins with what was warm at the fork, and the frame gets all of it at the
   * join: were it otherwise, to read one and the same slot would make threads depend on one another (EIP-2929 has no threads).
   */
  readonly warmths: Warmth[]
  readonly offer: Offer | undefined
  /** Numbers of threads in the offer. */
  readonly tasks: Map<SubThread, number>
}

const joins = new WeakMap<Frame, Join>()

/**
 * The frame has started a thread: lets helpers run it. The first one only with the second: alone it is most often joined at once, by this
 * processor, which has nothing else to do. Nobody can tell the difference before the join.
 */
export function offerThread(frame: Frame, helpers: ThreadHelpers): void {
  const { message, context } = frame
  const { pending } = frame.threads!
  if (pending.length < 2 || !isOfferable(message, context.rules)) return
  for (const thread of pending.slice(pending.length === 2 ? 0 : -1)) offer(frame, thread, helpers)
}

function offer(frame: Frame, thread: SubThread, helpers: ThreadHelpers): void {
  const { codeHash } = frame.message
  const expectedMs = threadTime(codeHash, thread.data)?.mean
  if (expectedMs !== undefined && expectedMs < helpers.leastMs) return
  if (!isOfferedAgain(codeHash, thread.data)) return
  let join = joins.get(frame)
  if (join === undefined) {
    const common = { ...threadMessage(frame, withoutReserve(frame)), data: NO_BYTES }
    join = newJoin(frame, helpers.offer(common, frame.context))
  }
  const task = join.offer?.add(thread, expectedMs)
  if (task !== undefined) join.tasks.set(thread, task)
}

/** Takes over what a helper found, if it did. Returns whether the thread has taken effect by that. */
export function settleSpeculated(frame: Frame, thread: SubThread): boolean {
  const join = joins.get(frame)
  const task = join?.tasks.get(thread)
  if (task === undefined) return false
  const { codeHash } = frame.message
  const result = join!.offer!.take(task, patienceFor(threadTime(codeHash, thread.data)))
  if (result === undefined) return false
  noteHelp(codeHash, thread.data, typeof result === 'string' ? result : 'done')
  // It would have had less gas than it was given there.
  if (typeof result === 'string' || result.gasUsed > withoutReserve(frame)) return false
  frame.gas -= result.gasUsed
  frame.threads!.settle(thread, result.exit)
  return true
}

/**
 * A helper may be slower, or have lost its processor to somebody else, or be dead: who waits for one that has only just begun waits for one
 * run, and who has waited for two does better to run the thread himself.
 */
function patienceFor(time: ThreadTime | undefined): number {
  return time === undefined ? UNKNOWN_PATIENCE_MS : 2 * Math.max(time.mean, time.last) + LEAST_PATIENCE_MS
}

const UNKNOWN_PATIENCE_MS = 2_000
/** A helper may have to be woken. */
const LEAST_PATIENCE_MS = 0.2

function newJoin(frame: Frame, offer: Offer | undefined): Join {
  const join: Join = { warmths: [], offer, tasks: new Map() }
  joins.set(frame, join)
  return join
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
  const join = joins.get(frame) ?? newJoin(frame, undefined)
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

import { setImmediate } from 'node:timers/promises'
import type { BlockEnvironment } from '../block/environment.ts'
import type { TransactionContext } from '../evm/context.ts'
import type { Message } from '../evm/message.ts'
import { type Offer, type Speculated, setThreadHelpers, type ThreadHelpers } from '../threads/helpers.ts'
import { speculate } from '../threads/speculation.ts'
import { decodeBlock, decodeHead, encodeBlock, encodeHead } from '../threads/task-codec.ts'
import type { HeldTask, TaskLane } from '../threads/task-lane.ts'
import { ThreadBoard } from '../threads/thread-board.ts'
import { ThreadData } from '../threads/thread-data.ts'

/** Where the calling thread runs: the number of a processor, if that is known. */
type OwnProcessor = () => number | undefined

/**
 * From now on this thread offers the sub-threads of what it executes to the helpers of the board.
 *
 * @param lane of this thread, and of no other that is alive
 */
export function useHelpers(
  memory: SharedArrayBuffer,
  lane: number,
  ownProcessor: OwnProcessor = () => undefined,
): void {
  setThreadHelpers(new BoardHelpers(new ThreadBoard(memory), lane, ownProcessor))
}

/**
 * To offer a thread takes 1 to 5 µs, to take it, run it apart and hand it back 6 to 10, and who waits for it at the end waits for half of it: of
 * four threads of 27 µs each two processors make 0.100 instead of 0.136 ms, of 20 µs each nothing for certain.
 */
const LEAST_MS = 0.025
/** That much work is worth waking a helper who sleeps: it takes 10 to 30 µs, and he is there 40 µs later or more. */
const LEAST_TO_WAKE_MS = 0.1

class BoardHelpers implements ThreadHelpers {
  readonly leastMs = LEAST_MS
  readonly #board: ThreadBoard
  readonly #lane: TaskLane
  readonly #ownProcessor: OwnProcessor
  #block: { readonly environment: BlockEnvironment; readonly key: number; readonly bytes: Uint8Array } | undefined

  constructor(board: ThreadBoard, lane: number, ownProcessor: OwnProcessor) {
    this.#board = board
    this.#lane = board.lanes[lane]!
    this.#ownProcessor = ownProcessor
    // What a thread has left that had the lane before, and died.
    this.closeAll()
  }

  offer(message: Message, transaction: TransactionContext): Offer | undefined {
    const { code, data: _, thread: __, ...common } = message
    const { block, origin, gasPrice, blobVersionedHashes, blobBaseFee } = transaction
    const { key, bytes } = this.#blockOf(block)
    const head = encodeHead({
      message: common,
      transaction: { origin, gasPrice, blobVersionedHashes, blobBaseFee },
      blockKey: key,
    })
    const lane = this.#lane
    const open = lane.open([head, bytes, code])
    if (open === undefined) return undefined
    let offeredMs = 0
    return {
      add: (task, expectedMs = LEAST_TO_WAKE_MS) => {
        lane.processor = this.#ownProcessor()
        const number = lane.add(open, task)
        if (number === undefined) return undefined
        offeredMs += expectedMs
        if (offeredMs >= LEAST_TO_WAKE_MS) this.#board.wake(lane)
        return number
      },
      take: (task, patienceMs) => lane.take(task, patienceMs),
      close: () => lane.close(open),
    }
  }

  closeAll(): void {
    this.#lane.closeAll()
  }

  #blockOf(environment: BlockEnvironment) {
    if (this.#block?.environment !== environment) {
      this.#block = { environment, key: this.#board.newNumber(), bytes: encodeBlock(environment) }
    }
    return this.#block
  }
}

export interface HelperOptions {
  /** Of this thread among the helpers of the board. */
  readonly helper: number
  /** That it is pinned to. */
  readonly processor: number | undefined
}

/** A helper that was woken or has done something looks out for more for so long: it need not be woken again, and not be too late again. */
const LINGER_MS = 1
/** For so long it looks out for tasks without looking whether its thread has work of its own ... */
const TURN_MS = 0.05
/** ... and goes on with the next task if they have not taken longer: a turn of the event loop takes 3 µs or more, in which somebody waits. */
const TASKS_MS = 0.3

/** An offer as the helper has decoded it. */
interface KnownOffer {
  readonly lane: TaskLane
  readonly number: number
  readonly message: Omit<Message, 'data' | 'thread'>
  readonly transaction: TransactionContext
}

/** Runs sub-threads that others offer on the board, whenever the calling thread has nothing else to do. */
export class ThreadHelper {
  readonly #board: ThreadBoard
  readonly #helper: number
  readonly #blocks = new Map<TaskLane, { readonly key: number; readonly environment: BlockEnvironment }>()
  #offer: KnownOffer | undefined
  #lingersUntilMs = 0

  constructor(memory: SharedArrayBuffer, { helper, processor }: HelperOptions) {
    this.#board = new ThreadBoard(memory)
    this.#helper = helper
    this.#board.setProcessor(helper, processor)
    void this.#serve()
  }

  /** The thread has work of its own, in this turn of its event loop: nobody need wake it. */
  leave(): void {
    this.#board.setBusy(this.#helper)
  }

  /** It is through with that. */
  comeBack(): void {
    this.#board.setAsleep(this.#helper)
  }

  /** After some tasks the event loop turns, and messages to the thread come first. */
  async #serve(): Promise<never> {
    for (;;) {
      const start = performance.now()
      for (let held = this.#hold(); held !== undefined; ) {
        this.#help(held)
        held = performance.now() < start + TASKS_MS ? this.#board.hold(this.#helper) : undefined
      }
      if (performance.now() < this.#lingersUntilMs) {
        this.#board.setLooking(this.#helper)
        await setImmediate()
      } else {
        await this.#board.sleep(this.#helper)
        this.#linger()
      }
    }
  }

  #hold(): HeldTask | undefined {
    const end = Math.min(performance.now() + TURN_MS, this.#lingersUntilMs)
    let held = this.#board.hold(this.#helper)
    while (held === undefined && performance.now() < end) held = this.#board.hold(this.#helper)
    return held
  }

  #help(held: HeldTask): void {
    this.#board.setBusy(this.#helper)
    if (held.lane.hasFree) this.#board.wake(held.lane)
    let result: Speculated | undefined
    try {
      result = this.#run(held)
    } catch {
      // Whatever it is, the owner meets it too, in its place.
    }
    held.lane.finish(held, result)
    this.#linger()
  }

  #linger(): void {
    this.#lingersUntilMs = performance.now() + LINGER_MS
  }

  #run(held: HeldTask): Speculated | undefined {
    const input = held.lane.input(held)
    if (input === undefined) return undefined
    const known = this.#offerOf(held, input.offer)
    if (known === undefined) return undefined
    const { id, data } = input.task
    return speculate({ ...known.message, data, thread: { id, data: new ThreadData() } }, known.transaction, {
      isWanted: () => held.lane.isHeld(held),
    })
  }

  /** What all tasks of an offer have is read and decoded with the first of them. */
  #offerOf(held: HeldTask, number: number): KnownOffer | undefined {
    const { lane } = held
    if (this.#offer?.lane === lane && this.#offer.number === number) return this.#offer
    const common = lane.common(held)
    if (common === undefined) return undefined
    const [head, block, code] = common
    const { message, transaction, blockKey } = decodeHead(head)
    this.#offer = {
      lane,
      number,
      message: { ...message, code },
      transaction: { ...transaction, block: this.#blockOf(lane, blockKey, block) },
    }
    return this.#offer
  }

  #blockOf(lane: TaskLane, key: number, bytes: Uint8Array): BlockEnvironment {
    let known = this.#blocks.get(lane)
    if (known?.key !== key) {
      known = { key, environment: decodeBlock(bytes) }
      this.#blocks.set(lane, known)
    }
    return known.environment
  }
}

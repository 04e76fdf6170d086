import { BroadcastChannel } from 'node:worker_threads'
import type { BlobSchedule, Hardfork } from '../../config/hardforks.ts'
import { rulesFor } from '../../config/hardforks.ts'
import type { ThreadRules } from '../../config/thread-rules.ts'
import type { BlockEnvironment } from '../block/environment.ts'
import type { TransactionContext } from '../evm/context.ts'
import type { Message } from '../evm/message.ts'
import {
  type Offer,
  type Speculated,
  setThreadHelpers,
  type ThreadHelpers,
  type ThreadTask,
} from '../threads/helpers.ts'
import { speculate } from '../threads/speculation.ts'
import { ThreadBoard } from '../threads/thread-board.ts'
import { ThreadData } from '../threads/thread-data.ts'

/** An offer as all helpers hear of it: plain data. */
interface Announcement {
  readonly board: SharedArrayBuffer
  readonly tasks: readonly ThreadTask[]
  readonly message: Omit<Message, 'thread'>
  readonly transaction: Omit<TransactionContext, 'block'>
  readonly block: Omit<BlockEnvironment, 'rules' | 'blockHash'>
  readonly rules: {
    readonly hardfork: Hardfork
    readonly blobSchedule: BlobSchedule | undefined
    readonly threads: ThreadRules
  }
}

/** A helper that has taken a task and is silent for that long is not waited for: the thread is run again. */
const PATIENCE_MS = 2_000
/** How long the owner sleeps at a time. */
const WAIT_MS = 20

/**
 * From now on this thread offers the sub-threads of what it executes to the helpers on the channel (`helpOthers`).
 *
 * @param name of the channel: of one process, and one node in it
 */
export function useHelpers(name: string): void {
  const channel = new BroadcastChannel(name)
  channel.unref()
  setThreadHelpers(new ChannelHelpers(channel))
}

class ChannelHelpers implements ThreadHelpers {
  readonly #channel: BroadcastChannel

  constructor(channel: BroadcastChannel) {
    this.#channel = channel
  }

  offer(tasks: readonly ThreadTask[], message: Message, transaction: TransactionContext): Offer {
    const { block, ...others } = transaction
    const { rules, blockHash: _, ...environment } = block
    const { thread: __, ...common } = message
    const board = ThreadBoard.of(tasks.length)
    const announcement: Announcement = {
      board: board.memory,
      tasks,
      message: common,
      transaction: {
        origin: others.origin,
        gasPrice: others.gasPrice,
        blobVersionedHashes: others.blobVersionedHashes,
        blobBaseFee: others.blobBaseFee,
      },
      block: environment,
      rules: { hardfork: rules.hardfork, blobSchedule: rules.blobSchedule, threads: rules.threads! },
    }
    this.#channel.postMessage(announcement)
    return new BoardOffer(board)
  }
}

class BoardOffer implements Offer {
  readonly #board: ThreadBoard

  constructor(board: ThreadBoard) {
    this.#board = board
  }

  take(task: number): Speculated | undefined {
    if (this.#board.close(task)) {
      const end = performance.now() + PATIENCE_MS
      while (!this.#board.wait(task, WAIT_MS)) if (performance.now() > end) return undefined
    }
    return this.#board.result(task)
  }

  close(): void {
    for (let task = 0; task < this.#board.tasks; task++) this.#board.close(task)
  }
}

/** From now on this thread runs sub-threads that others offer on the channel, whenever it has nothing else to do. */
export function helpOthers(name: string): void {
  const channel = new BroadcastChannel(name)
  channel.unref()
  channel.onmessage = ({ data }) => help(data as Announcement)
}

function help({ board: memory, tasks, message, transaction, block, rules }: Announcement): void {
  const board = new ThreadBoard(memory, tasks.length)
  const environment = {
    ...block,
    rules: rulesFor(rules.hardfork, rules.blobSchedule, rules.threads),
    blockHash: () => undefined,
  }
  const context = { ...transaction, block: environment }
  const helpWithNext = (): void => {
    const task = board.takeLast()
    if (task === undefined) return
    const { id, data } = tasks[task]!
    let result: Speculated | undefined
    try {
      result = speculate({ ...message, data, thread: { id, data: new ThreadData() } }, context)
    } catch {
      // Whatever it is, the owner meets it too, in its place.
    }
    board.finish(task, result)
    // Between two of them this thread looks whether it has work of its own.
    setImmediate(helpWithNext)
  }
  helpWithNext()
}

import type { Header } from '../../primitives/header.ts'
import { ControlError } from './control-error.ts'

/** A clock as it stands. Seconds. */
export interface ClockReading {
  readonly now: bigint
  readonly next: bigint | undefined
  readonly interval: bigint | undefined
}

/** Seconds. Far from where a timestamp would not fit into a header any more, however many blocks follow. */
const LATEST = BigInt(Number.MAX_SAFE_INTEGER)

/** The time of a chain whose user controls it: the machine's, put forward or back. Seconds since 1970. */
export class ChainClock {
  readonly #machineMs: () => number
  #offset = 0n
  #machine: bigint | undefined
  /** The wanted timestamp of the next block. */
  #next: bigint | undefined
  /** The wanted distance of blocks. */
  #interval: bigint | undefined

  constructor(modules: { readonly machineMs?: (() => number) | undefined } = {}) {
    this.#machineMs = modules.machineMs ?? Date.now
  }

  now(): bigint {
    return this.machine() + this.#offset
  }

  /** What the machine's clock shows. */
  machine(): bigint {
    return this.#machine ?? BigInt(Math.floor(this.#machineMs() / 1000))
  }

  /** Takes that for what the machine's clock shows; `undefined`: it is looked at again. */
  goBy(machine: bigint | undefined): void {
    this.#machine = machine
  }

  /** Puts it forward. Returns how far it is ahead of the machine's now. Throws ControlError `time-out-of-range`. */
  increase(seconds: bigint): bigint {
    this.set(this.now() + seconds)
    return this.#offset
  }

  /** Returns by how much that puts it forward. Throws ControlError `time-out-of-range`. */
  set(now: bigint): bigint {
    checkRange(now)
    const change = now - this.now()
    this.#offset += change
    return change
  }

  /**
   * The time goes on from there once that block has been made. Throws ControlError `time-not-after-head`, `time-out-of-range`.
   *
   * @param head the parent of that block
   */
  setNext(timestamp: bigint, head: Header): void {
    checkRange(timestamp)
    if (timestamp <= head.timestamp) {
      const message = `timestamp ${timestamp} is not after that of the head, ${head.timestamp}`
      throw new ControlError('time-not-after-head', message, { timestamp, head: head.timestamp })
    }
    this.#next = timestamp
  }

  /**
   * From now on each block is that much later than its parent; `undefined`: as late as it is made. Returns what held before.
   * Throws ControlError `time-out-of-range`.
   */
  setInterval(seconds: bigint | undefined): bigint | undefined {
    if (seconds !== undefined) checkRange(seconds)
    const before = this.#interval
    this.#interval = seconds
    return before
  }

  /** What a child of `parent` that is made now is to have, if that is late enough. */
  timestampAfter(parent: Header): bigint {
    if (this.#next !== undefined) return this.#next
    return this.#interval === undefined ? this.now() : parent.timestamp + this.#interval
  }

  /** Whether there is a time for each of so many blocks after `parent`, each at most so many seconds later than it would be anyway. */
  hasTimeFor(blocks: number, seconds: bigint, parent: Header): boolean {
    const first = this.timestampAfter(parent)
    const start = first > parent.timestamp ? first : parent.timestamp
    return start + BigInt(blocks) * (seconds + (this.#interval ?? 0n) + 1n) <= LATEST
  }

  /** A block has been made. */
  onBlock({ timestamp }: Header): void {
    if (this.#next === undefined) return
    this.#next = undefined
    this.#offset = timestamp - this.machine()
  }

  reading(): ClockReading {
    return { now: this.now(), next: this.#next, interval: this.#interval }
  }

  /** As at first. */
  reset(): void {
    this.restore({ now: this.machine(), next: undefined, interval: undefined })
  }

  restore({ now, next, interval }: ClockReading): void {
    this.#offset = now - this.machine()
    this.#next = next
    this.#interval = interval
  }
}

function checkRange(time: bigint): void {
  if (time <= LATEST) return
  throw new ControlError('time-out-of-range', `more than ${LATEST} seconds`, { time, latest: LATEST })
}

import { type HeldTask, TaskLane } from './task-lane.ts'

/** A helper does something else; looks for tasks, or is about to; or sleeps until it is woken. */
const BUSY = 0
const LOOKING = 1
const ASLEEP = 2

/** Words at the beginning: how many lanes and helpers there are, and the last number that was given out. */
const LANES = 0
const HELPERS = 1
const LAST_NUMBER = 2
const FIRST_HELPER = 16
/** Of a helper: its state, and its processor, counted from 1; 0: any. */
const STATE = 0
const PROCESSOR = 1
/** A cache line each. */
const HELPER_WORDS = 16
const ALIGNMENT = 64

/** How many may take part. */
export interface BoardSize {
  /** Threads that offer tasks. */
  readonly lanes: number
  /** Threads that take them. */
  readonly helpers: number
}

/** Memory in which the threads of a node offer one another sub-threads of contracts: a lane for each that offers, a word for each that helps. */
export class ThreadBoard {
  readonly #words: Int32Array
  readonly lanes: readonly TaskLane[]
  readonly #helpers: number

  static memoryFor({ lanes, helpers }: BoardSize): SharedArrayBuffer {
    const memory = new SharedArrayBuffer(headBytes(helpers) + lanes * TaskLane.BYTES)
    const words = new Int32Array(memory)
    words[LANES] = lanes
    words[HELPERS] = helpers
    return memory
  }

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory, 0, FIRST_HELPER)
    this.#helpers = this.#words[HELPERS]!
    const head = headBytes(this.#helpers)
    this.#words = new Int32Array(memory, 0, head / Int32Array.BYTES_PER_ELEMENT)
    this.lanes = Array.from({ length: this.#words[LANES]! }, (_, lane) => {
      return new TaskLane(memory, head + lane * TaskLane.BYTES)
    })
  }

  /** A number that nobody else has got. */
  newNumber(): number {
    return Atomics.add(this.#words, LAST_NUMBER, 1)
  }

  // For helpers

  /** Whether there is a task for the helper. */
  hasFree(helper: number): boolean {
    return this.lanes.some((lane) => lane.hasFree && this.#mayHelp(helper, lane))
  }

  /** A task of any lane, now the helper's. */
  hold(helper: number): HeldTask | undefined {
    for (const lane of this.lanes) {
      const held = this.#mayHelp(helper, lane) ? lane.hold() : undefined
      if (held !== undefined) return held
    }
    return undefined
  }

  /** One that is pinned to the owner's processor would only push him off it. */
  #mayHelp(helper: number, { processor }: TaskLane): boolean {
    const own = this.#words[wordOf(helper) + PROCESSOR]!
    return own === 0 || own - 1 !== processor
  }

  /** `processor`: the one that the helper is pinned to. */
  setProcessor(helper: number, processor: number | undefined): void {
    this.#words[wordOf(helper) + PROCESSOR] = processor === undefined ? 0 : processor + 1
  }

  setBusy(helper: number): void {
    Atomics.store(this.#words, wordOf(helper) + STATE, BUSY)
  }

  setLooking(helper: number): void {
    Atomics.store(this.#words, wordOf(helper) + STATE, LOOKING)
  }

  /** From now on the helper may be woken; he is at once if there is something to do. */
  setAsleep(helper: number): void {
    const word = wordOf(helper) + STATE
    Atomics.store(this.#words, word, ASLEEP)
    // It may have been offered before anybody could see that he sleeps.
    if (this.hasFree(helper)) this.#rouse(word)
  }

  /** Resolves when the helper is woken. */
  async sleep(helper: number): Promise<void> {
    this.setAsleep(helper)
    await Atomics.waitAsync(this.#words, wordOf(helper) + STATE, ASLEEP).value
  }

  /**
   * Wakes a helper for the lane, unless one is looking for tasks anyway. To wake one takes 10 to 30 µs of the caller, and 40 µs or more until he
   * is there: so each that takes a task and sees another wakes the next.
   */
  wake(lane: TaskLane): void {
    let sleeper: number | undefined
    // The last ones are those that take part in small blocks last.
    for (let helper = this.#helpers - 1; helper >= 0; helper--) {
      const state = Atomics.load(this.#words, wordOf(helper) + STATE)
      if (state === BUSY || !this.#mayHelp(helper, lane)) continue
      if (state === LOOKING) return
      sleeper ??= helper
    }
    if (sleeper !== undefined) this.#rouse(wordOf(sleeper) + STATE)
  }

  #rouse(word: number): void {
    if (Atomics.compareExchange(this.#words, word, ASLEEP, LOOKING) === ASLEEP) Atomics.notify(this.#words, word)
  }
}

function wordOf(helper: number): number {
  return FIRST_HELPER + helper * HELPER_WORDS
}

function headBytes(helpers: number): number {
  return Math.ceil((wordOf(helpers) * Int32Array.BYTES_PER_ELEMENT) / ALIGNMENT) * ALIGNMENT
}

import { bigintToBytes, bytesToBigint } from '../../primitives/bytes.ts'
import type { HelpFailure, Speculated, ThreadTask } from './helpers.ts'

/** What tasks of one offer have in common, as bytes, in the order in which they stand in records: see `task-codec.ts`. */
export type TaskCommon = readonly [head: Uint8Array, block: Uint8Array, code: Uint8Array]

/** A task that a helper has. */
export interface HeldTask {
  readonly lane: TaskLane
  readonly task: number
  /** Its state as the helper left it: another one means that it is not his any more. */
  readonly word: number
}

/** Tasks that are offered together. */
export interface OpenTasks {
  /** No other offer of the lane has it, of those that a helper can remember. */
  readonly number: number
  /** Number of the first of them. */
  readonly first: number
  /** Where their inputs begin. */
  readonly inputs: number
  /** Offset and length of each part that they have in common. */
  readonly common: readonly number[]
}

/** Threads that a transaction may start, where the genesis says nothing else. */
const MAX_TASKS = 1_024
/** Of tasks that are open: more than the call data of a transaction and the largest code. */
const INPUT_BYTES = 1 << 20
/** Of what threads have returned and the owner has not taken over: nothing comes of those that do not fit. */
const OUTPUT_BYTES = 1 << 20

/**
 * State of a task, the low bits of its first word. The others count how often its place was given to a task, so that who comes late, with one
 * that is long closed, does not meet the next. FREE -> HELD -> ENDING are a helper's, by compare-and-exchange; FREE -> CLOSED
 * and HELD -> CLOSED the owner's. While a task is ENDING its result is written, and its owner lets it.
 */
const CLOSED = 0
const FREE = 1
const HELD = 2
const ENDING = 3
const DONE = 4
const FAILED = 5
const STATE_BITS = 3
const STATE_MASK = (1 << STATE_BITS) - 1

/** Words of a task's record: state; offset and length of each part, the last being its own; its result. */
const STATE = 0
const PARTS = 1
const OUTPUT = 9
const OUTPUT_LENGTH = 10
const HAS_RETURNED = 11
/** Of 8 bytes, as a whole. */
const GAS_USED = 12
/** The number of its offer. */
const OFFER = 14
const TASK_WORDS = 16

/**
 * Words before the records: tasks that are open, bytes of outputs, where the owner runs (a processor, counted from 1; 0: not known), and how many
 * offers there have been, of all owners.
 */
const COUNT = 0
const OUTPUTS_END = 1
const PROCESSOR = 2
const OFFERS = 3
const RECORDS = 16
const INPUTS = (RECORDS + MAX_TASKS * TASK_WORDS) * Int32Array.BYTES_PER_ELEMENT

/** The id before the call data. */
const ID_BYTES = 32

/** Writing a result takes some microseconds: a helper that is still at it after that long is dead, or may do anything. */
const WRITING_MS = 2_000
/** To wake a thread that sleeps takes 40 µs or more. */
const SPIN_MS = 0.1
/**
 * Tasks of one thread, their owner, in memory that all threads share: a stack, for while one is run its frame may offer others. Helpers take the
 * last one first, the owner comes from the front.
 */
export class TaskLane {
  static readonly BYTES = INPUTS + INPUT_BYTES + OUTPUT_BYTES
  readonly #words: Int32Array
  readonly #gas: BigInt64Array
  readonly #inputs: Uint8Array
  readonly #outputs: Uint8Array
  /** The owner's: behind the inputs of what is open. */
  #inputsEnd = 0
  /** The owner's: a helper was silent while it wrote, and nobody knows when it goes on. */
  #isLost = false

  constructor(memory: SharedArrayBuffer, offset: number) {
    this.#words = new Int32Array(memory, offset, INPUTS / Int32Array.BYTES_PER_ELEMENT)
    this.#gas = new BigInt64Array(memory, offset, INPUTS / BigInt64Array.BYTES_PER_ELEMENT)
    this.#inputs = new Uint8Array(memory, offset + INPUTS, INPUT_BYTES)
    this.#outputs = new Uint8Array(memory, offset + INPUTS + INPUT_BYTES, OUTPUT_BYTES)
  }

  /** That the owner was on when it offered something last; `undefined` if that is not known. */
  get processor(): number | undefined {
    const processor = Atomics.load(this.#words, PROCESSOR)
    return processor === 0 ? undefined : processor - 1
  }

  // For the owner

  set processor(processor: number | undefined) {
    Atomics.store(this.#words, PROCESSOR, processor === undefined ? 0 : processor + 1)
  }

  /** Begins an offer, with no task yet; `undefined` where there is no room for it. */
  open(parts: TaskCommon): OpenTasks | undefined {
    const first = this.#count
    const inputs = this.#inputsEnd
    if (this.#isLost) return undefined
    if (first === 0) Atomics.store(this.#words, OUTPUTS_END, 0)
    const common: number[] = []
    for (const part of parts) {
      const offset = this.#put(part)
      if (offset === undefined) {
        this.#inputsEnd = inputs
        return undefined
      }
      common.push(offset, part.length)
    }
    return { number: Atomics.add(this.#words, OFFERS, 1), first, inputs, common }
  }

  /** Adds a task to the newest offer. Returns its number; `undefined` where there is no room for it. */
  add({ number, common }: OpenTasks, { id, data }: ThreadTask): number | undefined {
    const task = this.#count
    const idOffset = this.#put(bigintToBytes(id, ID_BYTES))
    const offset = this.#put(data)
    if (task === MAX_TASKS || idOffset === undefined || offset === undefined) return undefined
    const start = record(task)
    let word = start + PARTS
    for (const part of common) this.#words[word++] = part
    this.#words[word++] = idOffset
    this.#words[word] = ID_BYTES + data.length
    this.#words[start + OFFER] = number
    const turn = (this.#words[start + STATE]! >> STATE_BITS) + 1
    Atomics.store(this.#words, start + STATE, (turn << STATE_BITS) | FREE)
    Atomics.store(this.#words, COUNT, task + 1)
    return task
  }

  /** What came of an open task: see `Offer`. */
  take(task: number, patienceMs: number): Speculated | HelpFailure | undefined {
    if (this.#withdraw(task, FREE)) return undefined
    const start = performance.now()
    for (let word = this.#load(task); isHelpers(word); word = this.#load(task)) {
      const waitedMs = performance.now() - start
      if (waitedMs >= patienceMs) this.#close(task)
      else if (waitedMs > SPIN_MS) Atomics.wait(this.#words, record(task) + STATE, word, patienceMs - waitedMs)
    }
    const state = this.#load(task) & STATE_MASK
    if (state === FAILED) return 'in vain'
    return state === DONE ? this.#result(task) : 'late'
  }

  /** Nobody works on the tasks of this offer any more, nor will; nor on those of offers after it. */
  close({ first, inputs }: Pick<OpenTasks, 'first' | 'inputs'>): void {
    for (let task = this.#count - 1; task >= first; task--) this.#close(task)
    Atomics.store(this.#words, COUNT, first)
    this.#inputsEnd = inputs
  }

  closeAll(): void {
    this.close({ first: 0, inputs: 0 })
  }

  /** Afterwards nobody has it, whatever its state. */
  #close(task: number): void {
    const start = performance.now()
    while (!this.#withdraw(task, FREE) && !this.#withdraw(task, HELD) && isHelpers(this.#load(task))) {
      if (performance.now() - start < WRITING_MS) continue
      this.#isLost = true
      Atomics.store(this.#words, record(task) + STATE, CLOSED)
    }
  }

  /** Closes the task if that is its state. */
  #withdraw(task: number, state: number): boolean {
    const word = this.#load(task)
    return (word & STATE_MASK) === state && this.#exchange(task, word, word - state + CLOSED)
  }

  #put(bytes: Uint8Array): number | undefined {
    const offset = this.#inputsEnd
    if (offset + bytes.length > INPUT_BYTES) return undefined
    this.#inputs.set(bytes, offset)
    this.#inputsEnd += bytes.length
    return offset
  }

  #result(task: number): Speculated {
    const start = record(task)
    const offset = this.#words[start + OUTPUT]!
    const output = this.#outputs.slice(offset, offset + this.#words[start + OUTPUT_LENGTH]!)
    return {
      gasUsed: this.#gas[(start + GAS_USED) / 2]!,
      exit: { kind: this.#words[start + HAS_RETURNED] === 1 ? 'return' : 'revert', output },
    }
  }

  // For helpers

  /** Whether there is a task to take. */
  get hasFree(): boolean {
    for (let task = this.#count - 1; task >= 0; task--) if ((this.#load(task) & STATE_MASK) === FREE) return true
    return false
  }

  /** A task, now the caller's. */
  hold(): HeldTask | undefined {
    for (let task = this.#count - 1; task >= 0; task--) {
      const word = this.#load(task)
      const held = word - FREE + HELD
      if ((word & STATE_MASK) === FREE && this.#exchange(task, word, held)) return { lane: this, task, word: held }
    }
    return undefined
  }

  isHeld({ task, word }: HeldTask): boolean {
    return this.#load(task) === word
  }

  /** A copy of what the task has for itself, and the number of its offer; `undefined` if it is not the caller's any more. */
  input(held: HeldTask): { readonly offer: number; readonly task: ThreadTask } | undefined {
    const offer = this.#words[record(held.task) + OFFER]!
    const own = this.#part(held, 3)
    const task = { id: bytesToBigint(own, 0, ID_BYTES), data: own.subarray(ID_BYTES) }
    // As long as it is, its owner leaves the memory alone.
    return this.isHeld(held) ? { offer, task } : undefined
  }

  /** A copy of what all tasks of its offer have; `undefined` if it is not the caller's any more. */
  common(held: HeldTask): TaskCommon | undefined {
    const common: TaskCommon = [this.#part(held, 0), this.#part(held, 1), this.#part(held, 2)]
    return this.isHeld(held) ? common : undefined
  }

  #part({ task }: HeldTask, index: number): Uint8Array {
    const word = record(task) + PARTS + 2 * index
    const offset = this.#words[word]!
    return this.#inputs.slice(offset, offset + this.#words[word + 1]!)
  }

  /** The helper is through with it; without a result the owner runs the thread. */
  finish(held: HeldTask, result: Speculated | undefined): void {
    const { task, word } = held
    if (!this.#exchange(task, word, word - HELD + ENDING)) return
    const hasFit = result !== undefined && this.#write(task, result)
    Atomics.store(this.#words, record(task) + STATE, word - HELD + (hasFit ? DONE : FAILED))
    Atomics.notify(this.#words, record(task) + STATE)
  }

  /** Returns whether there was room for the output. */
  #write(task: number, { exit: { kind, output }, gasUsed }: Speculated): boolean {
    if (output.length > OUTPUT_BYTES) return false
    const offset = Atomics.add(this.#words, OUTPUTS_END, output.length)
    if (offset + output.length > OUTPUT_BYTES) return false
    this.#outputs.set(output, offset)
    const start = record(task)
    this.#words[start + OUTPUT] = offset
    this.#words[start + OUTPUT_LENGTH] = output.length
    this.#words[start + HAS_RETURNED] = kind === 'return' ? 1 : 0
    this.#gas[(start + GAS_USED) / 2] = gasUsed
    return true
  }

  get #count(): number {
    return Atomics.load(this.#words, COUNT)
  }

  #load(task: number): number {
    return Atomics.load(this.#words, record(task) + STATE)
  }

  #exchange(task: number, from: number, to: number): boolean {
    return Atomics.compareExchange(this.#words, record(task) + STATE, from, to) === from
  }
}

/** Whether a helper has it, or writes its result. */
function isHelpers(word: number): boolean {
  const state = word & STATE_MASK
  return state === HELD || state === ENDING
}

function record(task: number): number {
  return RECORDS + task * TASK_WORDS
}

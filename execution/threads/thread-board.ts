import type { Speculated } from './helpers.ts'

/** 0: free; 1: a helper works on it; 2: done; 3: nothing came of it; 4: nobody may take it any more. */
const FREE = 0
const TAKEN = 1
const DONE = 2
const FAILED = 3
const CLOSED = 4

/** Bytes of what a thread returns; of more than that nothing comes. */
const MAX_OUTPUT_BYTES = 1 << 13
const RESULT_BYTES = 24 + MAX_OUTPUT_BYTES
const STATE_BYTES = 64

/** The tasks of one offer in memory that all threads share: who has which, and what came of it. */
export class ThreadBoard {
  readonly memory: SharedArrayBuffer
  readonly #states: Int32Array
  readonly #view: DataView
  readonly #bytes: Uint8Array
  readonly tasks: number

  constructor(memory: SharedArrayBuffer, tasks: number) {
    this.memory = memory
    this.tasks = tasks
    this.#states = new Int32Array(memory, 0, tasks)
    this.#view = new DataView(memory)
    this.#bytes = new Uint8Array(memory)
  }

  static of(tasks: number): ThreadBoard {
    return new ThreadBoard(new SharedArrayBuffer(headBytes(tasks) + tasks * RESULT_BYTES), tasks)
  }

  /** For a helper: the last task that is free, for the owner comes from the front. */
  takeLast(): number | undefined {
    for (let task = this.tasks - 1; task >= 0; task--) {
      if (Atomics.compareExchange(this.#states, task, FREE, TAKEN) === FREE) return task
    }
    return undefined
  }

  /** For the helper that has it. */
  finish(task: number, result: Speculated | undefined): void {
    const isFit = result !== undefined && result.exit.output.length <= MAX_OUTPUT_BYTES
    if (isFit) {
      const at = headBytes(this.tasks) + task * RESULT_BYTES
      this.#view.setBigUint64(at, result.gasUsed)
      this.#view.setUint32(at + 8, result.started)
      this.#view.setUint32(at + 12, result.exit.kind === 'return' ? 1 : 0)
      this.#view.setUint32(at + 16, result.exit.output.length)
      this.#bytes.set(result.exit.output, at + 24)
    }
    Atomics.store(this.#states, task, isFit ? DONE : FAILED)
    Atomics.notify(this.#states, task)
  }

  /** For the owner: nobody takes the task from now on. Returns whether a helper has it at this moment. */
  close(task: number): boolean {
    const state = Atomics.compareExchange(this.#states, task, FREE, CLOSED)
    return state === TAKEN
  }

  /** Waits until a helper is through with the task, at most so long. Returns whether it is. */
  wait(task: number, milliseconds: number): boolean {
    Atomics.wait(this.#states, task, TAKEN, milliseconds)
    return Atomics.load(this.#states, task) !== TAKEN
  }

  result(task: number): Speculated | undefined {
    if (Atomics.load(this.#states, task) !== DONE) return undefined
    const at = headBytes(this.tasks) + task * RESULT_BYTES
    const length = this.#view.getUint32(at + 16)
    return {
      gasUsed: this.#view.getBigUint64(at),
      started: this.#view.getUint32(at + 8),
      exit: {
        kind: this.#view.getUint32(at + 12) === 1 ? 'return' : 'revert',
        output: this.#bytes.slice(at + 24, at + 24 + length),
      },
    }
  }
}

function headBytes(tasks: number): number {
  return Math.ceil((tasks * Int32Array.BYTES_PER_ELEMENT) / STATE_BYTES) * STATE_BYTES
}

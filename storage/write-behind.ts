import type { BatchOperation } from './batch.ts'

export interface WriteBehindOptions {
  /** Milliseconds that a batch may wait, so that several are written as one. */
  readonly waitMs: number
}

export interface WriteBehindModules {
  /** Writes operations as one batch; of no two of them is the key the same. */
  readonly write: (operations: readonly BatchOperation[]) => Promise<void>
}

/** More batches are written before their time, for a read looks into each. */
const MAX_WAITING = 16
/** Who adds to more than this waits until some of it is written. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024

/** A batch by its keys: of two operations with one key the later counts. */
interface Waiting {
  readonly operations: ReadonlyMap<string, BatchOperation>
  readonly bytes: number
}

/** Batches that waited at one moment, the newest last. */
export class WaitingBatches {
  readonly #batches: readonly Waiting[]

  constructor(batches: readonly Waiting[] = []) {
    this.#batches = batches
  }

  get count(): number {
    return this.#batches.length
  }

  get bytes(): number {
    return this.#batches.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** What is to become of the key; `undefined` where nothing is. */
  find(key: Uint8Array): BatchOperation | undefined {
    if (this.#batches.length === 0) return undefined
    const text = textOf(key)
    for (let index = this.#batches.length - 1; index >= 0; index--) {
      const found = this.#batches[index]!.operations.get(text)
      if (found !== undefined) return found
    }
    return undefined
  }

  /** All of them as one batch. */
  merged(): readonly BatchOperation[] {
    const merged = new Map<string, BatchOperation>()
    for (const { operations } of this.#batches) for (const [key, operation] of operations) merged.set(key, operation)
    return [...merged.values()]
  }

  with(operations: readonly BatchOperation[], bytes: number): WaitingBatches {
    const byKey = new Map(operations.map((operation) => [textOf(operation.key), operation]))
    return new WaitingBatches([...this.#batches, { operations: byKey, bytes }])
  }

  withoutOldest(count: number): WaitingBatches {
    return new WaitingBatches(this.#batches.slice(count))
  }
}

/**
 * Batches that count as written as soon as they are added, and are written a little later, in their order. They are read here until
 * then. A write wakes another thread and is waited for, 0.3 ms of the millisecond that a block of one transaction takes.
 */
export class WriteBehind {
  readonly #waitMs: number
  readonly #write: WriteBehindModules['write']
  #waiting = new WaitingBatches()
  #added = 0
  #written = 0
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> | undefined

  constructor(options: WriteBehindOptions, modules: WriteBehindModules) {
    this.#waitMs = options.waitMs
    this.#write = modules.write
  }

  get waiting(): WaitingBatches {
    return this.#waiting
  }

  /** Resolves at once unless too much waits. Rejects if writing fails meanwhile. */
  async add(operations: readonly BatchOperation[], bytes: number): Promise<void> {
    this.#waiting = this.#waiting.with(operations, bytes)
    this.#added++
    this.#writeInTime()
    while (this.#waiting.bytes > MAX_WAITING_BYTES) await this.#step()
  }

  /** Resolves when all that was added before is written, rejects if that fails; `undefined` where nothing waits. */
  flushed(): Promise<void> | undefined {
    return this.#waiting.count === 0 ? undefined : this.#flush(this.#added)
  }

  async #flush(upTo: number): Promise<void> {
    while (this.#written < upTo) await this.#step()
  }

  #writeInTime(): void {
    if (this.#writing !== undefined || this.#waiting.count === 0) return
    // Whoever adds next, or waits, is told if it fails.
    if (this.#waiting.count >= MAX_WAITING) this.#step().catch(() => {})
    else this.#timer ??= setTimeout(() => this.#step().catch(() => {}), this.#waitMs)
  }

  /** Ends when a write does: the one that goes on, or one of all that waits. */
  #step(): Promise<void> {
    this.#writing ??= this.#writeAll()
    return this.#writing
  }

  async #writeAll(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const { count } = this.#waiting
    try {
      await this.#write(this.#waiting.merged())
      this.#waiting = this.#waiting.withoutOldest(count)
      this.#written += count
    } finally {
      this.#writing = undefined
    }
    this.#writeInTime()
  }
}

/** A character for each byte. By a buffer it takes twice as long before V8 has optimised it, 0.8 us. */
function textOf(key: Uint8Array): string {
  return String.fromCharCode.apply(undefined, key as unknown as number[])
}

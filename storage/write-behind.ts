import type { BatchOperation } from './batch.ts'

export interface WriteBehindOptions {
  /** Milliseconds without another batch after which those that wait are written, as one. After five times as long they are in any case. */
  readonly waitMs: number
}

export interface WriteBehindModules {
  /** Writes operations as one batch; of no two of them is the key the same. */
  readonly write: (operations: readonly BatchOperation[]) => Promise<void>
}

/** To write a block's batch takes this thread 0.04 ms: so many are 2 to 3. */
const MAX_WAITING = 64
/** Who adds to more than this waits until some of it is written. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024
/** Quiet times after the first batch by which they are written though there is no quiet. */
const LONGEST_WAIT = 5

/** What a batch does to a key, and what an earlier one of the same layer did. */
interface Change {
  readonly operation: BatchOperation
  /** Which batch of the layer, from 1. */
  readonly batch: number
  readonly before: Change | undefined
}

/** Batches that are written as one, each key with its changes, the newest first. None is added any more when their write has begun. */
class Layer {
  readonly #changes = new Map<string, Change>()
  #count = 0
  #bytes = 0

  get count(): number {
    return this.#count
  }

  get bytes(): number {
    return this.#bytes
  }

  add(operations: readonly BatchOperation[], bytes: number): void {
    this.#count++
    this.#bytes += bytes
    for (const operation of operations) {
      const key = textOf(operation.key)
      this.#changes.set(key, { operation, batch: this.#count, before: this.#changes.get(key) })
    }
  }

  /** As it was after so many batches. */
  find(key: string, count: number): BatchOperation | undefined {
    let change = this.#changes.get(key)
    while (change !== undefined && change.batch > count) change = change.before
    return change?.operation
  }

  /** Of each key the last. */
  operations(): readonly BatchOperation[] {
    return Array.from(this.#changes.values(), ({ operation }) => operation)
  }
}

/** What waits at one moment: batches that have been added, before those that are being written. */
export class WaitingBatches {
  readonly #newer: Layer
  readonly #countOfNewer: number
  readonly #older: Layer | undefined

  constructor(newer = new Layer(), older?: Layer) {
    this.#newer = newer
    this.#countOfNewer = newer.count
    this.#older = older
  }

  get isEmpty(): boolean {
    return this.#countOfNewer === 0 && this.#older === undefined
  }

  /** What is to become of the key; `undefined` where nothing is. */
  find(key: Uint8Array): BatchOperation | undefined {
    if (this.isEmpty) return undefined
    const text = textOf(key)
    return this.#newer.find(text, this.#countOfNewer) ?? this.#older?.find(text, this.#older.count)
  }
}

/**
 * Batches that count as written as soon as they are added, and are written when no more come, in their order. They are read here until
 * then. A write wakes another thread and is waited for, 0.3 ms of the millisecond that a block of one transaction takes.
 */
export class WriteBehind {
  readonly #waitMs: number
  readonly #write: WriteBehindModules['write']
  #newer = new Layer()
  /** Being written, or to be written again. */
  #older: Layer | undefined
  #waiting = new WaitingBatches()
  #added = 0
  #written = 0
  #timer: NodeJS.Timeout | undefined
  #latestMs = 0
  #writing: Promise<void> | undefined

  constructor(options: WriteBehindOptions, modules: WriteBehindModules) {
    this.#waitMs = options.waitMs
    this.#write = modules.write
  }

  /** Stays as it is, whatever is added or written. */
  get waiting(): WaitingBatches {
    return this.#waiting
  }

  /** Resolves at once unless too much waits. Rejects if writing fails meanwhile. */
  async add(operations: readonly BatchOperation[], bytes: number): Promise<void> {
    this.#newer.add(operations, bytes)
    this.#added++
    this.#look()
    this.#writeInTime()
    while (this.#newer.bytes + (this.#older?.bytes ?? 0) > MAX_WAITING_BYTES) await this.#step()
  }

  /** Resolves when all that was added before is written, rejects if that fails; `undefined` where nothing waits. */
  flushed(): Promise<void> | undefined {
    return this.#waiting.isEmpty ? undefined : this.#flush(this.#added)
  }

  async #flush(upTo: number): Promise<void> {
    while (this.#written < upTo) await this.#step()
  }

  #look(): void {
    this.#waiting = new WaitingBatches(this.#newer, this.#older)
  }

  #writeInTime(): void {
    if (this.#writing !== undefined || this.#waiting.isEmpty) return
    // Whoever adds next, or waits, is told if it fails.
    if (this.#newer.count >= MAX_WAITING) {
      this.#step().catch(() => {})
      return
    }
    const now = performance.now()
    if (this.#timer === undefined) {
      this.#latestMs = now + this.#waitMs * (LONGEST_WAIT - 1)
      this.#timer = setTimeout(() => this.#step().catch(() => {}), this.#waitMs)
    } else if (now < this.#latestMs) this.#timer.refresh()
  }

  /** Ends when a write does: the one that goes on, or one of all that waits. */
  #step(): Promise<void> {
    this.#writing ??= this.#writeAll()
    return this.#writing
  }

  async #writeAll(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    // Two where a write has failed.
    const layers = [this.#older, this.#newer].filter((layer) => layer !== undefined)
    this.#older = layers.length === 1 ? this.#newer : merge(layers)
    this.#newer = new Layer()
    this.#look()
    const upTo = this.#added
    try {
      await this.#write(this.#older.operations())
      this.#older = undefined
      this.#look()
      this.#written = upTo
    } finally {
      this.#writing = undefined
    }
    this.#writeInTime()
  }
}

function merge(layers: readonly Layer[]): Layer {
  const merged = new Layer()
  for (const layer of layers) merged.add(layer.operations(), layer.bytes)
  return merged
}

/** A character for each byte. By a buffer it takes twice as long before V8 has optimised it, 0.8 us. */
function textOf(key: Uint8Array): string {
  return String.fromCharCode.apply(undefined, key as unknown as number[])
}

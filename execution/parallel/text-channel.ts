/** Bytes that are under way at most: what one thread writes at 300 MB/s while the other has its turn of a millisecond. */
const CAPACITY = 1 << 18
const CONTROL_BYTES = 16

/** Places in the control words. Positions count up, modulo 2^32. */
const WRITTEN = 0
const READ = 1
const IS_CANCELLED = 2

/** For all that a reader may keep a writer waiting, taken together: who writes stands in the way of others. */
export const MAX_WAIT_MS = 60_000

/** Between looks at whether to go on, for one who waits. */
const WAIT_MS = 50

/** A pipe in shared memory: one thread writes text, which may have to wait; another reads its bytes. */
export class TextChannel {
  /** Plain data, by which the other thread makes its own end. */
  readonly memory: SharedArrayBuffer
  readonly #control: Int32Array
  readonly #bytes: Uint8Array

  constructor(memory = new SharedArrayBuffer(CONTROL_BYTES + CAPACITY)) {
    this.memory = memory
    this.#control = new Int32Array(memory, 0, CONTROL_BYTES / Int32Array.BYTES_PER_ELEMENT)
    this.#bytes = new Uint8Array(memory, CONTROL_BYTES)
  }

  /** Nobody is going to read any more. */
  get isCancelled(): boolean {
    return Atomics.load(this.#control, IS_CANCELLED) !== 0
  }

  cancel(): void {
    Atomics.store(this.#control, IS_CANCELLED, 1)
    Atomics.notify(this.#control, READ)
  }

  /**
   * Puts text in, as UTF-8. While there is no room it waits, and calls `onWait` now and then, which may throw to give up.
   */
  write(text: string, onWait: () => void): void {
    const bytes = Buffer.from(text)
    for (let start = 0; start < bytes.length; ) {
      const written = Atomics.load(this.#control, WRITTEN)
      const room = this.#waitForRoom(written, onWait)
      const at = (written >>> 0) % CAPACITY
      const length = Math.min(room, bytes.length - start, CAPACITY - at)
      this.#bytes.set(bytes.subarray(start, start + length), at)
      Atomics.store(this.#control, WRITTEN, (written + length) | 0)
      Atomics.notify(this.#control, WRITTEN)
      start += length
    }
  }

  #waitForRoom(written: number, onWait: () => void): number {
    for (;;) {
      const read = Atomics.load(this.#control, READ)
      const room = CAPACITY - ((written - read) >>> 0)
      if (room > 0) return room
      Atomics.wait(this.#control, READ, read, WAIT_MS)
      onWait()
    }
  }

  /**
   * What is written until `writing` settles; rejects after it as that does. Who stops to iterate cancels the writer. To be called
   * once.
   */
  async *read(writing: Promise<unknown>): AsyncGenerator<Uint8Array> {
    const control = this.#control
    let isOver = false
    const onEnd = () => {
      isOver = true
      Atomics.notify(control, WRITTEN)
    }
    writing.then(onEnd, onEnd)
    try {
      for (;;) {
        const read = Atomics.load(control, READ)
        const written = Atomics.load(control, WRITTEN)
        if (written !== read) {
          const at = (read >>> 0) % CAPACITY
          const length = Math.min((written - read) >>> 0, CAPACITY - at)
          const piece = this.#bytes.slice(at, at + length)
          Atomics.store(control, READ, (read + length) | 0)
          Atomics.notify(control, READ)
          yield piece
        } else if (isOver) {
          await writing
          return
        } else {
          // Nobody else runs on this thread between the look at `isOver` and here, so `onEnd` is yet to notify.
          const { async: isWaiting, value } = Atomics.waitAsync(control, WRITTEN, written)
          if (isWaiting) await value
        }
      }
    } finally {
      this.cancel()
    }
  }
}

/**
 * Which worker has which bundle, in shared memory, so that a worker takes its next one without asking anybody.
 *
 * Word 0 is 1 once the job is cancelled. Word i + 1 is 0 while bundle i is free; the number of its taker + 1 while that works
 * on it, and minus that once it is through with it. A bundle is taken by compare-and-exchange, so no two workers ever have
 * the same one, and the owner can tell from the board alone what a worker that died had taken, and what it died of. Only
 * the owner frees bundles, and only those of dead workers.
 */
export class ClaimsBoard {
  readonly #words: Int32Array

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory)
  }

  static memoryFor(bundles: number): SharedArrayBuffer {
    return new SharedArrayBuffer((bundles + 1) * Int32Array.BYTES_PER_ELEMENT)
  }

  /** The first free bundle, now the worker's; `undefined` when none is free or the job is cancelled. */
  take(worker: number): number | undefined {
    if (this.isCancelled) return undefined
    for (let word = 1; word < this.#words.length; word++) {
      if (Atomics.compareExchange(this.#words, word, 0, worker + 1) === 0) return word - 1
    }
    return undefined
  }

  /** For its taker: the bundle is done, though its result may not have been sent yet. */
  finish(worker: number, bundle: number): void {
    Atomics.store(this.#words, bundle + 1, -(worker + 1))
  }

  isFinished(bundle: number): boolean {
    return Atomics.load(this.#words, bundle + 1) < 0
  }

  /** The bundles a worker has or had. */
  takenBy(worker: number): number[] {
    return [...this.#words.keys()].slice(1).flatMap((word) => {
      return Math.abs(Atomics.load(this.#words, word)) === worker + 1 ? [word - 1] : []
    })
  }

  free(bundle: number): void {
    Atomics.store(this.#words, bundle + 1, 0)
  }

  get isCancelled(): boolean {
    return Atomics.load(this.#words, 0) !== 0
  }

  cancel(): void {
    Atomics.store(this.#words, 0, 1)
  }
}

/** Runs tasks one after another, in the order in which they were given. A failed task does not hold up the next. */
export class Mutex {
  #last: Promise<unknown> = Promise.resolve()

  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task)
    // Nothing of the result: who runs next would keep it alive.
    this.#last = result.then(
      () => {},
      () => {},
    )
    return result
  }
}

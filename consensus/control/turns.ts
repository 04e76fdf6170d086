import type { Log } from '../../execution/parallel/log.ts'
import { Mutex } from '../../storage/mutex.ts'

export interface TurnsModules {
  /** Does what was put off. */
  readonly catchUp: () => Promise<void>
  readonly log: Pick<Log, 'error'>
}

/** What was put off is done when nobody has put off more for so long, */
const QUIET_MS = 20
/** and after so long in any case, for a crash loses it. */
const LONGEST_WAIT_MS = 100

/**
 * Where everything that changes a chain in its user's hands waits for its turn: one runs after the other, in the order in which they
 * were asked for.
 *
 * What can no longer fail may be answered before it is done. Nobody can tell: turns wait for it by themselves, but for those that
 * put off more, and who looks without a turn waits by `settled`.
 */
export class Turns {
  readonly #modules: TurnsModules
  readonly #mutex = new Mutex()
  #timer: NodeJS.Timeout | undefined
  /** Whether something was put off and is not done. */
  #isBehind = false
  #behindSinceMs = 0
  #isPuttingOff = false
  #failure: { readonly error: unknown } | undefined

  constructor(modules: TurnsModules) {
    this.#modules = modules
  }

  /** Whether who has the turn may put something off: else nobody would do it. */
  get isPuttingOff(): boolean {
    return this.#isPuttingOff
  }

  /** Runs something when all that was asked for earlier is done. */
  async run<T>(task: () => T | Promise<T>): Promise<T> {
    return await this.#mutex.run(async () => {
      this.#isPuttingOff = false
      await this.#catchUp()
      return await task()
    })
  }

  /** The same for a caller. If something failed after its answer, he is told that instead, and nothing runs. */
  async runFor<T>(task: () => T | Promise<T>): Promise<T> {
    return await this.run(() => {
      const failure = this.#failure
      this.#failure = undefined
      if (failure !== undefined) throw failure.error
      return task()
    })
  }

  /** Runs what puts something off, and does not wait for what others have put off. */
  putOff<T>(task: () => Promise<T>): Promise<T> {
    return this.#mutex.run(() => {
      this.#isPuttingOff = true
      const now = performance.now()
      if (!this.#isBehind) {
        this.#isBehind = true
        this.#behindSinceMs = now
        this.#timer = setTimeout(() => void this.run(() => {}), QUIET_MS)
      } else if (now - this.#behindSinceMs < LONGEST_WAIT_MS - QUIET_MS) this.#timer?.refresh()
      return task()
    })
  }

  /** The same for what is done as soon as its answer is on its way. */
  async putOffShortly<T>(task: () => Promise<T>): Promise<T> {
    const result = await this.putOff(task)
    setImmediate(() => void this.run(() => {}))
    return result
  }

  /** `undefined`: all that was answered is done. Else resolves when it is; rejects if it failed and nobody has been told. */
  settled(): Promise<void> | undefined {
    const isSettled = !this.#isBehind && this.#failure === undefined
    return isSettled ? undefined : this.runFor(() => {})
  }

  async #catchUp(): Promise<void> {
    if (!this.#isBehind) return
    clearTimeout(this.#timer)
    try {
      await this.#modules.catchUp()
    } catch (error) {
      this.#fail(error)
    }
    this.#isBehind = false
  }

  #fail(error: unknown): void {
    this.#failure ??= { error }
    this.#modules.log.error({ err: error }, 'a control failed after its answer')
  }
}

import { DecodeError } from '../primitives/errors.ts'
import { StorageError } from './storage-error.ts'

/** What a check finds wrong: all of it counted, the first of it kept. */
export class Findings {
  readonly #maxProblems: number
  readonly #problems: string[] = []
  #count = 0

  constructor(maxProblems: number) {
    this.#maxProblems = maxProblems
  }

  get problems(): readonly string[] {
    return this.#problems
  }

  get count(): number {
    return this.#count
  }

  add(problem: string): void {
    this.#count++
    if (this.#problems.length < this.#maxProblems) this.#problems.push(problem)
  }

  /** A finding unless the two are the same. */
  expect<T>(what: string, found: T, expected: T): void {
    if (found !== expected) this.add(`${what} is ${found}, should be ${expected}`)
  }

  /** What `read` gives; a finding, and `undefined`, when what it reads is missing or damaged. */
  attempt<T>(what: string, read: () => T): T | undefined {
    try {
      return read()
    } catch (error) {
      const isFinding = error instanceof DecodeError || (error instanceof StorageError && error.code !== 'io')
      if (!isFinding) throw error
      this.add(`${what}: ${error.message} ${JSON.stringify(error.details)}`)
      return undefined
    }
  }
}

import type { Range } from './sites.ts'

/** A keyword that is used as it cannot be, and the place that shows it. */
export class Misuse extends Error {
  readonly range: Range

  constructor(range: Range, message: string) {
    super(message)
    this.range = range
  }
}

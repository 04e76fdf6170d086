import { OurEngine } from '../vm/ours.ts'
import { pairsOf } from './workloads.ts'

/** In shared memory, what the thread of a `ProcessorCheck` does; `asked`: it does not run yet. */
export const CHECK_STATE = { waits: 0, asked: 1, runs: 2, ends: 3 } as const

export interface ProcessorCheckData {
  readonly state: Int32Array
  readonly processor: number
}

/** Substrings: some 4 ms. */
const SIZE = 6_000
const WARM_UPS = 200

/** A call of a contract without threads, warm. It returns the microseconds that it took. */
export function checkCall(): () => number {
  const { plain } = pairsOf({ Substring: [SIZE] })[0]!
  const engine = new OurEngine('shipped', { withoutSetUp: true, name: 'check' })
  engine.prepare([plain.contract])
  const call = () => engine.run(plain).microseconds
  for (let run = 0; run < WARM_UPS; run++) call()
  return call
}

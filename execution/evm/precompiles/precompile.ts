import type { Rules } from '../../../config/hardforks.ts'

/** A contract at a fixed address whose code is part of the protocol (Yellow Paper, appendix E). */
export interface Precompile {
  /** What the input costs, whether or not it is valid. */
  gas(input: Uint8Array, rules: Rules): bigint
  /** The output; `undefined` when the input is refused, which takes all gas. Its gas has been paid. */
  run(input: Uint8Array, rules: Rules): Uint8Array | undefined
}

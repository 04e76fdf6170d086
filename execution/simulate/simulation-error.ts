import { CodedError } from '../../primitives/errors.ts'

/** What is wrong with overrides, or with a chain of blocks that is to be simulated. */
export type SimulationErrorCode =
  /** A block's number is not above the one before it. */
  | 'block-number-order'
  /** A block's timestamp is not above the one before it. */
  | 'block-time-order'
  /** A call may use more gas than its block has left. */
  | 'block-gas-exceeded'
  /** More blocks, or more gas for all calls together, than a simulation may have. */
  | 'simulation-too-large'
  /** What is to be moved as a precompile is none. */
  | 'no-precompile'
  | 'precompile-moved-to-itself'
  /** A precompile is to be moved to where another override is. */
  | 'precompile-moved-to-override'
  /** A call of a type that cannot create a contract has no recipient. */
  | 'recipient-missing'
  /** A system contract of the block is missing or fails. */
  | 'system-call-failed'

/** A simulation that was not carried out. */
export class SimulationError extends CodedError<SimulationErrorCode> {}

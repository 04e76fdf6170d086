import { CodedError } from '../../primitives/errors.ts'

export type ControlErrorCode =
  /** The next block would not be later than its parent. */
  | 'time-not-after-head'
  /** Nobody's clock shows such a time. */
  | 'time-out-of-range'
  /** There are not so many blocks above the genesis. */
  | 'not-so-many-blocks'
  /** A transaction cannot be in the block that it was wanted in. */
  | 'not-minable'
  /** No more are kept at a time. */
  | 'too-many-snapshots'
  /** No chain is forked, or none was named that could be. */
  | 'no-fork'

/** A control that cannot be done now. */
export class ControlError extends CodedError<ControlErrorCode> {}

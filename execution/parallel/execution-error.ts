import { CodedError } from '../../primitives/errors.ts'

/** Why this node could not execute a block. None of them says anything about the block. */
export type ExecutionErrorCode =
  /** A worker thread died again and again at the same work, or could not be started. */
  | 'worker-failed'
  /** A worker thread met a bug: `cause` is what it threw. */
  | 'worker-threw'
  /** Too many blocks wait already. */
  | 'busy'
  /** The time bound, which follows from the block's gas, was exceeded. */
  | 'timeout'
  /** The state of the parent is not in the database. */
  | 'state-unavailable'
  /** A replay was asked for of a block without plan or access list. */
  | 'plan-missing'
  /** Parallel and serial execution do not agree: `details` say in what. */
  | 'verdict-differs'
  /** The service was closed. */
  | 'closed'

/** Executing failed for a reason of this node's own. */
export class ExecutionError extends CodedError<ExecutionErrorCode> {}

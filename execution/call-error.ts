import { CodedError } from '../primitives/errors.ts'

/** Why a call gave no outcome. A request that could not even start is a `TransactionError` instead. */
export type CallErrorCode =
  /** It took longer than the limit; its thread was stopped. */
  | 'timeout'
  /** Too many calls wait already. */
  | 'busy'
  /** The state after the block asked for is not, or no longer, in the database. */
  | 'state-unavailable'
  /** The thread that ran it died, most likely for lack of memory. */
  | 'worker-failed'
  /** Its trace would take more memory than there is for it. */
  | 'trace-too-large'
  /** Whoever asked for it has gone. */
  | 'cancelled'
  /** The service was closed. */
  | 'closed'

/** A call that was not carried out. */
export class CallError extends CodedError<CallErrorCode> {}

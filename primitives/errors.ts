/**
 * An error with a stable code and typed details; the message is for people. Each folder has its own subclass, so that
 * invalid input, an invalid transaction, an invalid block and a bug are never mixed.
 */
export class CodedError<Code extends string = string> extends Error {
  readonly code: Code
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: Code, message: string, details: Readonly<Record<string, unknown>> = {}, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
    this.details = details
  }
}

/** What is wrong with a field, or (`rlp`) with the encoding around the fields. */
export type DecodeProblem =
  /** The RLP ends early, is followed by more, or is not the canonical one. */
  | 'rlp'
  /** A list where a byte string should be, or the other way round. */
  | 'kind'
  /** A list of another number of items: `expected` and `actual`, where one number is expected. */
  | 'count'
  /** A byte string of another length: `expected` and `actual`. */
  | 'length'
  /** An integer of too many bytes, or above its bound. */
  | 'overflow'
  | 'leading-zeros'
  /** A transaction type that nobody knows. */
  | 'type'
  /** A signature that is nobody's. */
  | 'signature'
  /** Header and body disagree on what the body has. */
  | 'parts'

export interface DecodeDetails extends Readonly<Record<string, unknown>> {
  readonly problem?: DecodeProblem
  /** Name of the field, as in the message. */
  readonly field?: string
}

/** Bytes from outside that are not what they should be: malformed RLP, wrong length, non-canonical integer. */
export class DecodeError extends CodedError<'malformed'> {
  constructor(message: string, details?: DecodeDetails) {
    super('malformed', message, details)
  }
}

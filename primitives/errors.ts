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

/** Bytes from outside that are not what they should be: malformed RLP, wrong length, non-canonical integer. */
export class DecodeError extends CodedError<'malformed'> {
  constructor(message: string, details?: Readonly<Record<string, unknown>>) {
    super('malformed', message, details)
  }
}

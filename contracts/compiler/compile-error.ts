import { CodedError } from '../../primitives/errors.ts'
import type { Diagnostic } from './diagnostic.ts'

export type CompileErrorCode =
  /** The sources are not right; `details.diagnostics` says where. */
  | 'does-not-compile'
  /** A file, or one that it imports, cannot be read. */
  | 'no-source'
  /** There is no contract of that name. */
  | 'no-contract'

export class CompileError extends CodedError<CompileErrorCode> {}

/** For sources that are not right: the message is all that is said about them. */
export function doesNotCompile(diagnostics: readonly Diagnostic[]): CompileError {
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  const message = errors.map(({ formattedMessage }) => formattedMessage.trimEnd()).join('\n\n')
  return new CompileError('does-not-compile', message, { diagnostics })
}

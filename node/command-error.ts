import { CodedError } from '../primitives/errors.ts'

export type CommandErrorCode =
  /** A port that a node is to listen on is another program's. */
  | 'port-in-use'
  /** A node of the testnet ended, or said nothing, before it was up. */
  | 'not-up'
  /** The directory holds no chain, where one is needed. */
  | 'no-chain'
  /** There is no such block, or nothing in it to run. */
  | 'no-block'
  /** A file cannot be read, or is not what it should be. */
  | 'bad-file'
  /** The directory holds another chain than the one that is wanted. */
  | 'chain-differs'
  /** A chain cannot be forked in this way. */
  | 'invalid-fork'
  /** A block of a file is invalid, or has no place in the chain. */
  | 'block-refused'

/** Something in the way of a command that its user can do something about. */
export class CommandError extends CodedError<CommandErrorCode> {}

/** What a process that cannot go on begins its last line on standard error with. */
export const ERROR_PREFIX = 'pavm: '

/** One line for what a user can do something about; a bug with its stack. */
export function describeError(error: unknown): string {
  if (error instanceof CodedError) return `${error.message} (${error.code})`
  if (!(error instanceof Error)) return String(error)
  // What the operating system refused says so in one line.
  return 'syscall' in error ? error.message : (error.stack ?? error.message)
}

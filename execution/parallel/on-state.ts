import { StorageError } from '../../storage/storage-error.ts'
import type { CallContext } from '../call.ts'
import { CallError } from '../call-error.ts'
import { ExecutionError } from './execution-error.ts'
import type { BlockState, ThreadState } from './thread-state.ts'

/** What `use`, which waits for nothing, makes of the state after a block. @throws CallError `state-unavailable` */
export function onState<Result>(
  { header, hash }: Pick<CallContext, 'header' | 'hash'>,
  thread: ThreadState,
  use: (state: BlockState) => Result,
): Result {
  try {
    return thread.use({ hash, stateRoot: header.stateRoot }, use)
  } catch (error) {
    throw isStateMissing(error)
      ? new CallError('state-unavailable', `missing state: ${error.message}`, error.details)
      : error
  }
}

function isStateMissing(error: unknown): error is ExecutionError | StorageError {
  if (error instanceof ExecutionError) return error.code === 'state-unavailable'
  return error instanceof StorageError && error.code === 'missing-state'
}

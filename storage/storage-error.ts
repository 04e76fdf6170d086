import { CodedError } from '../primitives/errors.ts'

/**
 * - `wrong-chain`: the directory belongs to another chain id or genesis.
 * - `wrong-schema`: it was written in a disk format that this version does not read.
 * - `locked`: another process has it open.
 * - `not-a-database`: a thread opened a directory that holds none.
 * - `corrupt`: what was read is not what was written; `details` say where.
 * - `disk-full`: no space, or a quota or file size limit was met. Nothing of the batch is stored.
 * - `write-failed`: an earlier write failed inside LevelDB, whose log may end in half a record: nothing more is written
 *   until the process restarts, which drops that half record.
 * - `io`: the operating system refused a read or a write for another reason.
 * - `closed`: used after it was closed.
 * - `missing-state`: the state of that root is not kept (pruned, or never executed here).
 * - `missing-block`: the block, or the part of it that was asked for, is not stored.
 * - `not-on-head`: the block to commit is not a child of the head, or the head cannot be rolled back.
 * - `empty`: the database has no genesis yet.
 * - `upstream-failed`: a value of a forked chain could not be had from the node of the other chain, which the message names.
 */
export type StorageErrorCode =
  | 'wrong-chain'
  | 'wrong-schema'
  | 'locked'
  | 'not-a-database'
  | 'corrupt'
  | 'disk-full'
  | 'write-failed'
  | 'io'
  | 'closed'
  | 'missing-state'
  | 'missing-block'
  | 'not-on-head'
  | 'empty'
  | 'upstream-failed'

/** Anything that goes wrong between the node and its data directory. */
export class StorageError extends CodedError<StorageErrorCode> {}

/** Codes that abstract-level or classic-level give their errors. */
const CODES: Readonly<Record<string, StorageErrorCode>> = {
  LEVEL_LOCKED: 'locked',
  LEVEL_CORRUPTION: 'corrupt',
  LEVEL_IO_ERROR: 'io',
  LEVEL_DATABASE_NOT_OPEN: 'closed',
  LEVEL_SNAPSHOT_NOT_OPEN: 'closed',
  LEVEL_ITERATOR_NOT_OPEN: 'closed',
}

/** LevelDB passes on only the text of strerror: ENOSPC, EDQUOT, EFBIG. */
const DISK_FULL = /No space left on device|Disk quota exceeded|File too large/i

/** LevelDB's text of a corruption, where no code comes with it: synchronous reads. */
const CORRUPTION = /^Corruption:|checksum mismatch|bad block/

/** What LevelDB threw as a StorageError whose cause it is. `doing` completes "could not …". */
export function storageError(error: unknown, doing: string, details: Record<string, unknown> = {}): StorageError {
  if (error instanceof StorageError) return error
  const cause = rootCause(error)
  const code = DISK_FULL.test(cause.message)
    ? 'disk-full'
    : CORRUPTION.test(cause.message)
      ? 'corrupt'
      : (CODES['code' in cause ? String(cause.code) : ''] ?? 'io')
  return new StorageError(code, `could not ${doing}: ${cause.message}`, details, { cause: error })
}

function rootCause(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error))
  return error.cause instanceof Error ? rootCause(error.cause) : error
}

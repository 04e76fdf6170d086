import { bigintToBytes, bytesToBigint, concatBytes } from '../primitives/bytes.ts'
import { bytesToHash, type Hash, hashToBytes } from '../primitives/hex.ts'
import type { Batch } from './batch.ts'
import { bucketKey } from './keys.ts'
import type { Reader } from './reader.ts'
import { StorageError } from './storage-error.ts'

/** The block that the flat state is the state after. */
export interface StoredHead {
  readonly hash: Hash
  readonly number: bigint
  readonly stateRoot: Hash
}

const HEAD = bucketKey('head')
const HEAD_BYTES = 32 + 8 + 32

/** `undefined` before the genesis is stored. Throws StorageError `corrupt`. */
export function readHead(reader: Reader): StoredHead | undefined {
  const bytes = reader.get(HEAD)
  if (bytes === undefined) return undefined
  if (bytes.length !== HEAD_BYTES) throw new StorageError('corrupt', `the stored head has ${bytes.length} bytes`)
  return {
    hash: bytesToHash(bytes.subarray(0, 32)),
    number: bytesToBigint(bytes.subarray(32, 40)),
    stateRoot: bytesToHash(bytes.subarray(40)),
  }
}

/** Throws StorageError `empty` before the genesis is stored, `corrupt`. */
export function requireHead(reader: Reader): StoredHead {
  const head = readHead(reader)
  if (head === undefined) throw new StorageError('empty', 'the database has no genesis yet')
  return head
}

export function writeHead(batch: Batch, { hash, number, stateRoot }: StoredHead): void {
  batch.put(HEAD, concatBytes(hashToBytes(hash), bigintToBytes(number, 8), hashToBytes(stateRoot)))
}

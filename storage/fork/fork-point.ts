import { bigintToBytes, bytesToBigint, concatBytes } from '../../primitives/bytes.ts'
import { bytesToHash, type Hash, hashToBytes } from '../../primitives/hex.ts'
import type { Batch } from '../batch.ts'
import { textKey } from '../keys.ts'
import type { Reader } from '../reader.ts'
import { StorageError } from '../storage-error.ts'

/** The block of another chain that this one begins upon: the first one stored here. */
export interface ForkPoint {
  /** Of the other chain. */
  readonly chainId: bigint
  readonly number: bigint
  readonly hash: Hash
}

const KEY = textKey('metadata', 'forkPoint')
const BYTES = 32 + 8 + 32

/** `undefined` for a chain that begins with a genesis of its own. Throws StorageError `corrupt`. */
export function readForkPoint(reader: Reader): ForkPoint | undefined {
  const bytes = reader.get(KEY)
  if (bytes === undefined) return undefined
  if (bytes.length !== BYTES) throw new StorageError('corrupt', `the stored fork point has ${bytes.length} bytes`)
  return {
    chainId: bytesToBigint(bytes.subarray(0, 32)),
    number: bytesToBigint(bytes.subarray(32, 40)),
    hash: bytesToHash(bytes.subarray(40)),
  }
}

export function writeForkPoint(batch: Batch, point: ForkPoint | undefined): void {
  if (point === undefined) batch.delete(KEY)
  else {
    const { chainId, number, hash } = point
    batch.put(KEY, concatBytes(bigintToBytes(chainId, 32), bigintToBytes(number, 8), hashToBytes(hash)))
  }
}

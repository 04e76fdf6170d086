import { bytesToHash, type Hash, hashToBytes } from '../primitives/hex.ts'
import { Batch } from './batch.ts'
import { textKey } from './keys.ts'
import type { Reader } from './reader.ts'
import { StorageError } from './storage-error.ts'

/** Raised whenever what `buckets.ts` describes changes so that an older or newer version could not read it. */
export const SCHEMA_VERSION = 1

/** Which chain a database is of. */
export interface ChainIdentity {
  readonly chainId: bigint
  readonly genesisHash: Hash
}

const SCHEMA = textKey('identity', 'schema')
const CHAIN_ID = textKey('identity', 'chainId')
const GENESIS_HASH = textKey('identity', 'genesisHash')

/** What makes an empty database one of this chain. */
export function identityBatch({ chainId, genesisHash }: ChainIdentity): Batch {
  const batch = new Batch()
  batch.put(SCHEMA, Buffer.from(String(SCHEMA_VERSION)))
  batch.put(CHAIN_ID, Buffer.from(String(chainId)))
  batch.put(GENESIS_HASH, hashToBytes(genesisHash))
  return batch
}

/** Whether the database has an identity. Throws StorageError `wrong-schema` when it is not of this version. */
export function hasIdentity(reader: Reader): boolean {
  const schema = reader.get(SCHEMA)
  if (schema === undefined) return false
  const version = Buffer.from(schema).toString()
  if (version === String(SCHEMA_VERSION)) return true
  throw new StorageError(
    'wrong-schema',
    `the data directory has disk format ${version}, this version reads format ${SCHEMA_VERSION}`,
    { expected: SCHEMA_VERSION, found: version },
  )
}

/** Throws StorageError `wrong-chain` when the database is of another chain. */
export function checkIdentity(reader: Reader, { chainId, genesisHash }: ChainIdentity): void {
  const foundHash = reader.get(GENESIS_HASH)
  const found = {
    chainId: Buffer.from(reader.get(CHAIN_ID) ?? []).toString(),
    genesisHash: foundHash?.length === 32 ? bytesToHash(foundHash) : undefined,
  }
  if (found.chainId === String(chainId) && found.genesisHash === genesisHash) return
  throw new StorageError(
    'wrong-chain',
    `the data directory is of chain ${found.chainId} with genesis ${found.genesisHash}, not of chain ${chainId} with genesis ${genesisHash}`,
    { expected: { chainId: String(chainId), genesisHash }, found },
  )
}

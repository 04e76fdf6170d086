import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { DecodeError } from './errors.ts'
import { bytesToHex, type Hash } from './hex.ts'
import { CELLS_PER_BLOB } from './kzg-setup.ts'
import { encodeRlp } from './rlp.ts'
import { fixedBytes, list, uint } from './rlp-codec.ts'
import { type Read, RlpCursor } from './rlp-cursor.ts'
import {
  type BlobSidecar,
  type BlobTransaction,
  decodeTransaction,
  encodeTransaction,
  readTransactionFields,
  type Transaction,
  transactionFields,
} from './transaction.ts'

export const BYTES_PER_BLOB = 131_072
/** First byte of a versioned hash (EIP-4844, VERSIONED_HASH_VERSION_KZG). */
const VERSIONED_HASH_VERSION = 0x01
/** More than any blob schedule allows a block; the hardfork's own limit is the pool's to check. */
const MAX_BLOBS = 128

const wrapperVersion = uint(1)
const blobList = list(fixedBytes(BYTES_PER_BLOB), MAX_BLOBS)
const commitmentList = list(fixedBytes(48), MAX_BLOBS)
const proofList = list(fixedBytes(48), MAX_BLOBS * CELLS_PER_BLOB)

export interface NetworkTransaction {
  readonly transaction: Transaction
  readonly sidecar?: BlobSidecar | undefined
}

/**
 * The form in which nodes exchange a transaction: as in a block, except that one with a sidecar is
 * `03 | rlp([fields, blobs, commitments, proofs])` (EIP-4844) or
 * `03 | rlp([fields, 1, blobs, commitments, cell proofs])` (EIP-7594).
 */
export function encodeNetworkTransaction(transaction: Transaction, sidecar?: BlobSidecar): Uint8Array {
  if (sidecar === undefined) return encodeTransaction(transaction)
  const version = sidecar.version === 0 ? [] : [wrapperVersion.encode(BigInt(sidecar.version))]
  const parts = [
    transactionFields(transaction),
    ...version,
    blobList.encode(sidecar.blobs),
    commitmentList.encode(sidecar.commitments),
    proofList.encode(sidecar.proofs),
  ]
  return encodeRlp(parts, 3)
}

/** Accepts the form of blocks too. Throws DecodeError. The sidecar is checked by `verifySidecar` only. */
export function decodeNetworkTransaction(bytes: Uint8Array): NetworkTransaction {
  if (bytes[0] !== 3 || !hasSidecar(bytes)) return { transaction: decodeTransaction(bytes) }
  const cursor = new RlpCursor(bytes)
  cursor.offset = 1
  return cursor.whole(readWithSidecar, 'transaction')
}

/** Whether the first item of a type 3 transaction's list is a list itself: that of the fields. */
function hasSidecar(bytes: Uint8Array): boolean {
  const cursor = new RlpCursor(bytes)
  cursor.offset = 1
  return cursor.isAtList(cursor.list(bytes.length, 'transaction'))
}

const readBlobTransaction = readTransactionFields(3)

const readWithSidecar: Read<NetworkTransaction> = (cursor, outerEnd, field) => {
  const end = cursor.list(outerEnd, field)
  return { transaction: readBlobTransaction(cursor, end, field), sidecar: readSidecar(cursor, end) }
}

/** The items up to `end`. */
function readSidecar(cursor: RlpCursor, end: number): BlobSidecar {
  const count = cursor.countTo(end)
  if (count !== 3 && count !== 4) throw new DecodeError(`sidecar: ${count} parts are neither 3 nor 4`)
  const version = count === 3 ? 0 : 1
  if (version === 1 && wrapperVersion.decode(cursor, end, 'sidecar.version') !== 1n) {
    throw new DecodeError('sidecar.version: expected 1')
  }
  return {
    version,
    blobs: blobList.decode(cursor, end, 'sidecar.blobs'),
    commitments: commitmentList.decode(cursor, end, 'sidecar.commitments'),
    proofs: proofList.decode(cursor, end, 'sidecar.proofs'),
  }
}

/** The versioned hash of a 48-byte KZG commitment (EIP-4844, kzg_to_versioned_hash). */
export function versionedHash(commitment: Uint8Array): Hash {
  const digest = new Uint8Array(createHash('sha256').update(commitment).digest())
  digest[0] = VERSIONED_HASH_VERSION
  return bytesToHex(digest)
}

/**
 * Throws DecodeError naming the part unless the sidecar's commitments are those of the transaction and its proofs show
 * that the blobs are what was committed to: one proof a blob (EIP-4844), or one for each of its 128 cells (EIP-7594).
 * Takes 40 ms or 300 ms a blob, and lets other work in between two blobs.
 */
export async function verifySidecar(transaction: BlobTransaction, sidecar: BlobSidecar): Promise<void> {
  const { blobs, commitments, proofs, version } = sidecar
  const hashes = transaction.blobVersionedHashes
  const proofsPerBlob = version === 0 ? 1 : CELLS_PER_BLOB
  checkCount('blobs', blobs, hashes.length)
  checkCount('commitments', commitments, hashes.length)
  checkCount('proofs', proofs, hashes.length * proofsPerBlob)
  for (const [index, commitment] of commitments.entries()) {
    if (versionedHash(commitment) !== hashes[index]) {
      throw new DecodeError(`sidecar.commitments: ${index} is not the one the transaction names`)
    }
  }
  // Loaded for those who send blobs: the curve takes as long as all else that is to be loaded for transactions.
  const { verifyBlobProof, verifyCellProofs } = await import('./kzg.ts')
  for (const [index, blob] of blobs.entries()) {
    await setImmediate()
    const ownProofs = proofs.slice(index * proofsPerBlob, (index + 1) * proofsPerBlob)
    const commitment = commitments[index]!
    const isProven =
      version === 0 ? verifyBlobProof(blob, commitment, ownProofs[0]!) : verifyCellProofs(blob, commitment, ownProofs)
    if (!isProven) {
      throw new DecodeError(`sidecar.proofs: do not prove blob ${index}`)
    }
  }
}

function checkCount(part: string, items: readonly unknown[], expected: number): void {
  if (items.length !== expected) throw new DecodeError(`sidecar.${part}: expected ${expected}, not ${items.length}`)
}

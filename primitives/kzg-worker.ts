import { parentPort } from 'node:worker_threads'
import { loadKZG } from 'kzg-wasm'
import { blobCells, CELLS_PER_BLOB } from './blob-cells.ts'
import { DecodeError } from './errors.ts'
import { bytesToHex } from './hex.ts'
import type { KzgAnswer, KzgQuestion } from './kzg.ts'
import type { BlobSidecar } from './transaction.ts'

/** Body of the thread that `kzg.ts` starts. */
const library = await loadKZG()

parentPort?.on('message', ({ id, sidecar }: KzgQuestion) => {
  const answer: KzgAnswer = { id, isValid: isValid(sidecar) }
  parentPort?.postMessage(answer)
})

function isValid(sidecar: BlobSidecar): boolean {
  try {
    return sidecar.version === 0 ? hasValidProofs(sidecar) : hasValidCellProofs(sidecar)
  } catch (error) {
    // A blob whose elements are not in the field has no proof.
    if (error instanceof DecodeError) return false
    throw error
  }
}

function hasValidProofs({ blobs, commitments, proofs }: BlobSidecar): boolean {
  return library.verifyBlobKZGProofBatch(blobs.map(bytesToHex), commitments.map(bytesToHex), proofs.map(bytesToHex))
}

function hasValidCellProofs({ blobs, commitments, proofs }: BlobSidecar): boolean {
  return blobs.every((blob, index) => {
    const cells = blobCells(blob).map(bytesToHex)
    const cellProofs = proofs.slice(index * CELLS_PER_BLOB, (index + 1) * CELLS_PER_BLOB).map(bytesToHex)
    const commitment = bytesToHex(commitments[index]!)
    return library.verifyCellKZGProofBatch(
      cells.map(() => commitment),
      cells.map((_, cell) => cell),
      cells,
      cellProofs,
      cells.length,
    )
  })
}

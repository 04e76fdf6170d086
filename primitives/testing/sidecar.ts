import { readFileSync } from 'node:fs'
import { hexToBytes } from '../hex.ts'
import type { BlobSidecar } from '../transaction.ts'

/** A blob with something in each of its 4096 field elements. */
export function fixtureBlob(): Uint8Array {
  const blob = new Uint8Array(131_072)
  // The first byte of each element stays 0, which keeps it below the modulus.
  for (let index = 0; index < blob.length; index++) if (index % 32 !== 0) blob[index] = (index * index + 7) % 251
  return blob
}

interface Proofs {
  readonly commitment: string
  readonly proof: string
  readonly cellProofs: readonly string[]
}

/** The blob with proofs by another implementation: kzg-wasm 1.0.0, that is c-kzg-4844, which takes 10 s to load. */
export function fixtureSidecars(): { readonly withProof: BlobSidecar; readonly withCellProofs: BlobSidecar } {
  const file = new URL('./sidecar.json', import.meta.url)
  const { commitment, proof, cellProofs } = JSON.parse(readFileSync(file, 'utf8')) as Proofs
  const common = { blobs: [fixtureBlob()], commitments: [hexToBytes(commitment)] }
  return {
    withProof: { ...common, version: 0, proofs: [hexToBytes(proof)] },
    withCellProofs: { ...common, version: 1, proofs: cellProofs.map(hexToBytes) },
  }
}

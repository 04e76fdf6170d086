import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeNetworkTransaction, encodeNetworkTransaction, verifySidecar, versionedHash } from './blob-transaction.ts'
import { DecodeError } from './errors.ts'
import { fixtureSidecars } from './fixtures/sidecar.ts'
import { hexToBytes, ZERO_ADDRESS } from './hex.ts'
import { asList, decodeRlp, encodeRlp, type RlpItem } from './rlp.ts'
import { type BlobSidecar, type BlobTransaction, encodeTransaction, signTransaction } from './transaction.ts'

/** The fixture's blob, and one of zeros, whose commitment and proofs are all the point at infinity. */
const INFINITY = hexToBytes(`0xc0${'00'.repeat(47)}`)
const fixtures = fixtureSidecars()
const withProof = withBlobOfZeros(fixtures.withProof, 1)
const withCellProofs = withBlobOfZeros(fixtures.withCellProofs, 128)

function withBlobOfZeros(sidecar: BlobSidecar, proofs: number): BlobSidecar {
  return {
    version: sidecar.version,
    blobs: [...sidecar.blobs, new Uint8Array(131_072)],
    commitments: [...sidecar.commitments, INFINITY],
    proofs: [...sidecar.proofs, ...Array.from({ length: proofs }, () => INFINITY)],
  }
}

function transactionFor(commitments: readonly Uint8Array[]): BlobTransaction {
  const fees = { chainId: 1n, maxFeePerGas: 2n, maxPriorityFeePerGas: 1n, maxFeePerBlobGas: 1n }
  const call = { nonce: 0n, gasLimit: 21_000n, to: ZERO_ADDRESS, value: 0n, data: new Uint8Array(0), accessList: [] }
  const hashes = { blobVersionedHashes: commitments.map(versionedHash) }
  return signTransaction({ type: 3, ...fees, ...call, ...hashes }, new Uint8Array(32).fill(1)) as BlobTransaction
}

const transaction = transactionFor(withProof.commitments)

async function refused(sidecar: BlobSidecar, message: RegExp): Promise<void> {
  await assert.rejects(
    verifySidecar(transaction, sidecar),
    (error) => error instanceof DecodeError && message.test(error.message),
  )
}

test('the network form, there and back', () => {
  for (const sidecar of [withProof, withCellProofs]) {
    const bytes = encodeNetworkTransaction(transaction, sidecar)
    assert.deepEqual(decodeNetworkTransaction(bytes), { transaction, sidecar })
  }
  assert.deepEqual(encodeNetworkTransaction(transaction), encodeTransaction(transaction))
  assert.deepEqual(decodeNetworkTransaction(encodeTransaction(transaction)), { transaction })
})

test('EIP-4844: one proof a blob', async () => {
  await verifySidecar(transaction, withProof)
  await refused({ ...withProof, proofs: withProof.proofs.toReversed() }, /proofs: do not prove blob 0/)
  await refused({ ...withProof, blobs: [withProof.blobs[0]!, withProof.blobs[0]!] }, /proofs: do not prove blob 1/)
})

test('EIP-7594: one proof a cell', async () => {
  await verifySidecar(transaction, withCellProofs)
  await refused({ ...withCellProofs, proofs: withCellProofs.proofs.toReversed() }, /proofs: do not prove blob 0/)
  await refused({ ...withCellProofs, proofs: withProof.proofs }, /proofs: expected 256, not 2/)
  await refused({ ...withProof, proofs: withCellProofs.proofs }, /proofs: expected 2, not 256/)
})

test('what is not what the transaction names', async () => {
  await refused({ ...withProof, commitments: withProof.commitments.toReversed() }, /commitments: 0/)
  await refused({ ...withProof, blobs: withProof.blobs.slice(1) }, /blobs: expected 2, not 1/)
  await refused({ ...withProof, commitments: [] }, /commitments: expected 2/)
})

test('what is no network form', () => {
  const items = (sidecar: BlobSidecar): RlpItem[] =>
    asList(decodeRlp(encodeNetworkTransaction(transaction, sidecar).subarray(1)), 'items')
  const cases: [RlpItem[], RegExp][] = [
    [items(withProof).slice(0, 3), /sidecar: 2 parts/],
    [[...items(withCellProofs), []], /sidecar: 5 parts/],
    [items(withCellProofs).with(1, Uint8Array.of(2)), /sidecar\.version/],
    [items(withCellProofs).with(1, new Uint8Array(0)), /sidecar\.version/],
    [items(withProof).with(1, [new Uint8Array(131_071)]), /sidecar\.blobs/],
    [items(withProof).with(2, [new Uint8Array(47)]), /sidecar\.commitments/],
    [items(withProof).with(3, new Uint8Array(48)), /sidecar\.proofs/],
    [items(withProof).with(1, Array(129).fill(new Uint8Array(131_072))), /sidecar\.blobs: expected at most 128/],
  ]
  for (const [item, message] of cases) {
    const bytes = Buffer.concat([Uint8Array.of(3), encodeRlp(item)])
    assert.throws(
      () => decodeNetworkTransaction(bytes),
      (error) => error instanceof DecodeError && message.test(error.message),
      String(message),
    )
  }
})

import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { loadKZG } from 'kzg-wasm'
import { blobCells, CELLS_PER_BLOB } from './blob-cells.ts'
import {
  BYTES_PER_BLOB,
  decodeNetworkTransaction,
  encodeNetworkTransaction,
  verifySidecar,
  versionedHash,
} from './blob-transaction.ts'
import { concatBytes } from './bytes.ts'
import { DecodeError } from './errors.ts'
import { bytesToHex, hexToBytes, ZERO_ADDRESS } from './hex.ts'
import { asList, decodeRlp, encodeRlp, type RlpItem } from './rlp.ts'
import { type BlobSidecar, type BlobTransaction, encodeTransaction, signTransaction } from './transaction.ts'

/** 4096 field elements with something in each. */
function someBlob(factor: number): Uint8Array {
  const blob = new Uint8Array(BYTES_PER_BLOB)
  for (let element = 0; element < 4096; element++) blob[element * 32 + 31] = (element * factor + 1) & 0xff
  return blob
}

const BLOBS = [someBlob(3), someBlob(5)]

function transactionFor(commitments: readonly Uint8Array[]): BlobTransaction {
  const fees = { chainId: 1n, maxFeePerGas: 2n, maxPriorityFeePerGas: 1n, maxFeePerBlobGas: 1n }
  const call = { nonce: 0n, gasLimit: 21_000n, to: ZERO_ADDRESS, value: 0n, data: new Uint8Array(0), accessList: [] }
  const hashes = { blobVersionedHashes: commitments.map(versionedHash) }
  return signTransaction({ type: 3, ...fees, ...call, ...hashes }, new Uint8Array(32).fill(1)) as BlobTransaction
}

describe('sidecars', () => {
  let blobSidecar: BlobSidecar
  let cellSidecar: BlobSidecar
  let transaction: BlobTransaction
  let otherCells: readonly string[]

  before(async () => {
    const library = await loadKZG()
    const commitments = BLOBS.map((blob) => hexToBytes(library.blobToKZGCommitment(bytesToHex(blob)).toLowerCase()))
    const proofs = BLOBS.map((blob, index) =>
      hexToBytes(library.computeBlobKZGProof(bytesToHex(blob), bytesToHex(commitments[index]!)).toLowerCase()),
    )
    const withCells = BLOBS.map((blob) => library.computeCellsAndKZGProofs(bytesToHex(blob)))
    const cellProofs = withCells.flatMap(({ proofs: each }) => each.map((proof) => hexToBytes(proof.toLowerCase())))
    otherCells = withCells[0]!.cells
    blobSidecar = { version: 0, blobs: BLOBS, commitments, proofs }
    cellSidecar = { version: 1, blobs: BLOBS, commitments, proofs: cellProofs }
    transaction = transactionFor(commitments)
  })

  test('EIP-7594: the cells are those of another implementation', () => {
    const cells = blobCells(BLOBS[0]!)
    assert.deepEqual(
      cells.map(bytesToHex),
      otherCells.map((cell) => cell.toLowerCase()),
    )
    assert.equal(cells.length, CELLS_PER_BLOB)
    assert.deepEqual(concatBytes(...cells.slice(0, 64)), BLOBS[0], 'the first half is the blob')
  })

  test('the network form, there and back', () => {
    for (const sidecar of [blobSidecar, cellSidecar]) {
      const bytes = encodeNetworkTransaction(transaction, sidecar)
      assert.deepEqual(decodeNetworkTransaction(bytes), { transaction, sidecar })
    }
    assert.deepEqual(encodeNetworkTransaction(transaction), encodeTransaction(transaction))
    assert.deepEqual(decodeNetworkTransaction(encodeTransaction(transaction)), { transaction })
  })

  test('EIP-4844: one proof a blob', async () => {
    await verifySidecar(transaction, blobSidecar)
    await refused({ ...blobSidecar, proofs: blobSidecar.proofs.toReversed() }, /proofs/)
    await refused({ ...blobSidecar, blobs: blobSidecar.blobs.toReversed() }, /proofs/)
  })

  test('EIP-7594: one proof a cell', async () => {
    await verifySidecar(transaction, cellSidecar)
    const [first, second, ...others] = cellSidecar.proofs
    await refused({ ...cellSidecar, proofs: [second!, first!, ...others] }, /proofs/)
    await refused({ ...cellSidecar, blobs: cellSidecar.blobs.toReversed() }, /proofs/)
    await refused({ ...cellSidecar, proofs: blobSidecar.proofs }, /proofs: expected 256, not 2/)
  })

  test('what is not what the transaction names', async () => {
    await refused({ ...blobSidecar, commitments: blobSidecar.commitments.toReversed() }, /commitments: 0/)
    await refused({ ...blobSidecar, blobs: blobSidecar.blobs.slice(1) }, /blobs: expected 2, not 1/)
    await refused({ ...blobSidecar, commitments: [] }, /commitments: expected 2/)
  })

  test('blobs and points that are none', async () => {
    const notInField = blobSidecar.blobs[0]!.slice().fill(0xff, 0, 32)
    assert.throws(() => blobCells(notInField), DecodeError)
    await refused({ ...cellSidecar, blobs: [notInField, BLOBS[1]!] }, /proofs/)
    await refused({ ...blobSidecar, blobs: [notInField, BLOBS[1]!] }, /proofs/)
    await refused({ ...blobSidecar, proofs: blobSidecar.proofs.map(() => new Uint8Array(48).fill(0xff)) }, /proofs/)
    const commitments = blobSidecar.commitments.map(() => new Uint8Array(48).fill(7))
    await assert.rejects(verifySidecar(transactionFor(commitments), { ...blobSidecar, commitments }), DecodeError)
  })

  async function refused(sidecar: BlobSidecar, message: RegExp): Promise<void> {
    await assert.rejects(
      verifySidecar(transaction, sidecar),
      (error) => error instanceof DecodeError && message.test(error.message),
    )
  }

  test('what is no network form', () => {
    const items = (sidecar: BlobSidecar): RlpItem[] =>
      asList(decodeRlp(encodeNetworkTransaction(transaction, sidecar).subarray(1)), 'items')
    const cases: [RlpItem[], RegExp][] = [
      [items(blobSidecar).slice(0, 3), /sidecar: 2 parts/],
      [[...items(cellSidecar), []], /sidecar: 5 parts/],
      [items(cellSidecar).with(1, Uint8Array.of(2)), /sidecar\.version/],
      [items(cellSidecar).with(1, new Uint8Array(0)), /sidecar\.version/],
      [items(blobSidecar).with(1, [new Uint8Array(131_071)]), /sidecar\.blobs/],
      [items(blobSidecar).with(2, [new Uint8Array(47)]), /sidecar\.commitments/],
      [items(blobSidecar).with(3, new Uint8Array(48)), /sidecar\.proofs/],
    ]
    for (const [item, message] of cases) {
      const bytes = Uint8Array.from([3, ...encodeRlp(item)])
      assert.throws(
        () => decodeNetworkTransaction(bytes),
        (error) => error instanceof DecodeError && message.test(error.message),
        String(message),
      )
    }
  })
})

import { FFT, rootsOfUnity } from '@noble/curves/abstract/fft.js'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { bigintToBytes, bytesToBigint, concatBytes } from './bytes.ts'
import { DecodeError } from './errors.ts'

/** Cells of an extended blob, each with a proof of its own (EIP-7594, CELLS_PER_EXT_BLOB). */
export const CELLS_PER_BLOB = 128
/** EIP-4844, FIELD_ELEMENTS_PER_BLOB; a blob is their bytes, and the extended blob has twice as many. */
const FIELD_ELEMENTS_PER_BLOB = 4096
const BYTES_PER_FIELD_ELEMENT = 32
const FIELD_ELEMENTS_PER_CELL = (FIELD_ELEMENTS_PER_BLOB * 2) / CELLS_PER_BLOB
/** Generator of the field's multiplicative group (EIP-4844, PRIMITIVE_ROOT_OF_UNITY). */
const PRIMITIVE_ROOT_OF_UNITY = 7n

const { Fr } = bls12_381.fields
const transform = FFT(rootsOfUnity(Fr, PRIMITIVE_ROOT_OF_UNITY), Fr)

/**
 * The 128 cells of a blob, 2048 bytes each: its polynomial at twice as many points (EIP-7594, compute_cells). About 30 ms;
 * kzg-wasm takes 1.6 s, since it computes their proofs as well. Throws DecodeError when an element is not below the modulus.
 */
export function blobCells(blob: Uint8Array): readonly Uint8Array[] {
  const evaluations = Array.from({ length: FIELD_ELEMENTS_PER_BLOB }, (_, index) => {
    const start = index * BYTES_PER_FIELD_ELEMENT
    const element = bytesToBigint(blob.subarray(start, start + BYTES_PER_FIELD_ELEMENT))
    if (element >= Fr.ORDER) throw new DecodeError(`blob: field element ${index} is not below the modulus`)
    return element
  })
  // Both lists of evaluations are in bit-reversed order, the coefficients between them in natural order.
  const coefficients = transform.inverse(evaluations, true, false)
  const padding = new Array<bigint>(FIELD_ELEMENTS_PER_BLOB).fill(0n)
  const extended = transform.direct([...coefficients, ...padding], false, true)
  return Array.from({ length: CELLS_PER_BLOB }, (_, cell) => {
    const start = cell * FIELD_ELEMENTS_PER_CELL
    const elements = extended.slice(start, start + FIELD_ELEMENTS_PER_CELL)
    return concatBytes(...elements.map((element) => bigintToBytes(element, BYTES_PER_FIELD_ELEMENT)))
  })
}

import type { BlobSchedule } from '../../config/hardforks.ts'

/** MIN_BASE_FEE_PER_BLOB_GAS of EIP-4844, in wei. */
const MIN_BLOB_BASE_FEE = 1n

/** Wei for a unit of blob gas: about e^(excess / fraction) (EIP-4844, fake_exponential). */
export function blobBaseFee(
  excessBlobGas: bigint,
  { baseFeeUpdateFraction }: Pick<BlobSchedule, 'baseFeeUpdateFraction'>,
): bigint {
  // The terms of the Taylor series times the fraction.
  let sum = 0n
  let term = MIN_BLOB_BASE_FEE * baseFeeUpdateFraction
  for (let index = 1n; term > 0n; index++) {
    sum += term
    term = (term * excessBlobGas) / (baseFeeUpdateFraction * index)
  }
  return sum / baseFeeUpdateFraction
}

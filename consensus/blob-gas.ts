import { GAS_PER_BLOB } from '../config/gas.ts'
import type { Rules } from '../config/hardforks.ts'
import { blobBaseFee } from '../execution/transaction/blob-fee.ts'
import type { Header } from '../primitives/header.ts'

/**
 * Excess blob gas of a child of `parent` under the child's rules (EIP-4844). While a blob is cheaper than the execution
 * gas it is held to be worth, the excess does not fall to the target (EIP-7918). 0n before Cancun.
 */
export function nextExcessBlobGas(
  parent: Pick<Header, 'excessBlobGas' | 'blobGasUsed' | 'baseFeePerGas'>,
  rules: Rules,
): bigint {
  if (rules.blobSchedule === undefined) return 0n
  const { target, max } = rules.blobSchedule
  const excess = parent.excessBlobGas ?? 0n
  const used = parent.blobGasUsed ?? 0n
  const targetGas = BigInt(target) * GAS_PER_BLOB
  if (excess + used < targetGas) return 0n
  const reservePrice = rules.blobReserveGas * (parent.baseFeePerGas ?? 0n)
  if (reservePrice > GAS_PER_BLOB * blobBaseFee(excess, rules.blobSchedule)) {
    return excess + (used * BigInt(max - target)) / BigInt(max)
  }
  return excess + used - targetGas
}

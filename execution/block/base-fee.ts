import type { Header } from '../../primitives/header.ts'

/** Wei per gas of the first block with a base fee (EIP-1559). */
export const INITIAL_BASE_FEE = 1_000_000_000n
/** The gas limit is this many times the target (EIP-1559). */
export const ELASTICITY_MULTIPLIER = 2n
const BASE_FEE_MAX_CHANGE_DENOMINATOR = 8n

/** Base fee in wei per gas of the children of `parent`, which may be the last block without one (EIP-1559). */
export function nextBaseFee(parent: Pick<Header, 'baseFeePerGas' | 'gasLimit' | 'gasUsed'>): bigint {
  const { baseFeePerGas, gasLimit, gasUsed } = parent
  if (baseFeePerGas === undefined) return INITIAL_BASE_FEE
  const target = gasLimit / ELASTICITY_MULTIPLIER
  if (gasUsed === target) return baseFeePerGas
  const distance = gasUsed > target ? gasUsed - target : target - gasUsed
  const change = (baseFeePerGas * distance) / target / BASE_FEE_MAX_CHANGE_DENOMINATOR
  if (gasUsed < target) return baseFeePerGas - change
  return baseFeePerGas + (change > 0n ? change : 1n)
}

/** Yellow Paper, equation 50. */
const MIN_GAS_LIMIT = 5000n
/** 2^63 - 1 (EIP-1985). */
const MAX_GAS_LIMIT = 0x7fffffffffffffffn
/** A block's gas limit differs from its parent's by less than the parent's divided by this (Yellow Paper, equation 48). */
const BOUND_DIVISOR = 1024n

/** Both ends are allowed. */
export interface GasLimitBounds {
  readonly lowest: bigint
  readonly highest: bigint
}

/** Between which gas limits a child of a block with this one must stay. */
export function gasLimitBounds(parentGasLimit: bigint): GasLimitBounds {
  const step = parentGasLimit / BOUND_DIVISOR
  const lowest = parentGasLimit - step + 1n
  const highest = parentGasLimit + step - 1n
  return {
    lowest: lowest < MIN_GAS_LIMIT ? MIN_GAS_LIMIT : lowest,
    highest: highest > MAX_GAS_LIMIT ? MAX_GAS_LIMIT : highest,
  }
}

/** The gas limit nearest to the wanted one that a child may have. */
export function nextGasLimit(parentGasLimit: bigint, wanted: bigint): bigint {
  const { lowest, highest } = gasLimitBounds(parentGasLimit)
  if (wanted < lowest) return lowest
  return wanted > highest ? highest : wanted
}

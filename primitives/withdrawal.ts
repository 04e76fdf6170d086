import type { Address } from './hex.ts'

/** A validator withdrawal (EIP-4895). */
export interface Withdrawal {
  readonly index: bigint
  readonly validatorIndex: bigint
  readonly address: Address
  readonly amountInGwei: bigint
}

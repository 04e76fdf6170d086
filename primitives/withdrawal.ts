import type { Address } from './hex.ts'
import { encodeRlp } from './rlp.ts'
import { address, record, uint64 } from './rlp-codec.ts'
import { RlpCursor } from './rlp-cursor.ts'

/** A validator withdrawal (EIP-4895). */
export interface Withdrawal {
  readonly index: bigint
  readonly validatorIndex: bigint
  readonly address: Address
  readonly amountInGwei: bigint
}

/** RLP list of the four fields (EIP-4895). */
export const withdrawalCodec = record<Withdrawal>('withdrawal', {
  index: uint64,
  validatorIndex: uint64,
  address,
  amountInGwei: uint64,
})

export function encodeWithdrawal(withdrawal: Withdrawal): Uint8Array {
  return encodeRlp(withdrawalCodec.encode(withdrawal))
}

/** Throws DecodeError. */
export function decodeWithdrawal(bytes: Uint8Array): Withdrawal {
  return new RlpCursor(bytes).whole(withdrawalCodec.decode, 'withdrawal')
}
